// nbdcopy beside native nbdcopy: what each makes of the same source is the same.
import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { noise } from '../../support/bytes.js';
import { nbdkit, qemuNbd, type Server } from '../../support/servers.js';
import { type Both, expectSame, noWords, oracle, words } from './compare.js';
import { expectSameDisks, expectSameFiles, folders, twins } from './copying.js';

const compare = oracle();
const MiB = 2 ** 20;

function expectCopied(both: Both): void {
  expect(both.theirs).toMatchObject({ code: 0, stderr: '' });
  expectSame(both);
}

const options = [
  noWords,
  '--synchronous',
  '--allocated',
  '--no-extents',
  '--flush',
  '--destination-is-zero',
  '--target-is-zero',
  '-C 1',
  '--connections=8 --threads=2 -R 2',
  '-S 0',
  '--sparse=64k',
  '-S 1M --request-size=32K',
  '--request-size=32M --queue-size=1M',
  '--queue-size 64K',
];

const sources: Record<string, () => Promise<Server>> = {
  'a sparse disk': () => nbdkit('sparse-random', '32M', 'seed=7', 'percent=20'),
  'a disk of a length that is no multiple of anything': () => nbdkit('pattern', '1234567'),
  'a disk of zeroes': () => nbdkit('null', '8M'),
  'a disk without a map': () => nbdkit('--no-sr', 'pattern', '3M'),
  'an oldstyle disk': () => nbdkit('-o', 'pattern', '3M'),
  'a qcow2 image': () =>
    qemuNbd({ format: 'qcow2', size: 8 * MiB, content: noise(300_000), commands: ['write 2M 64k', 'write -z 3M 1M'] }),
};

test('an empty disk, to a file', async () => {
  const { uri } = await nbdkit('null', '0');
  const both = await folders();
  expectCopied(await compare('nbdcopy', [uri, 'file'], { folders: both }));
  await expectSameFiles(both, 'file');
});

describe.for(Object.entries(sources))('%s, to a file', ([name, start]) => {
  test.for(name === 'a sparse disk' ? options : [noWords, '--synchronous', '--allocated'])('%s', async (title) => {
    const { uri } = await start();
    const both = await folders();
    expectCopied(await compare('nbdcopy', [...words(title), uri, 'file'], { folders: both }));
    await expectSameFiles(both, 'file');
  });
});

/** A file with data, zeroes that are stored, and holes. */
async function makeSource(path: string): Promise<void> {
  await writeFile(path, Buffer.concat([noise(3 * MiB), Buffer.alloc(MiB), noise(12345)]));
  await truncate(path, 12 * MiB);
  const file = await open(path, 'r+');
  await file.write(noise(77), 0, 77, 9 * MiB + 5);
  await file.close();
}

describe('a file with holes', () => {
  test.for(options.filter((title) => !title.includes('is-zero')))('to a disk: %s', async (title) => {
    const both = await folders();
    for (const folder of both) await makeSource(join(folder, 'source'));
    const uri = await twins(both, 'memory', '12M');
    expectCopied(await compare('nbdcopy', [...words(title), 'source', uri], { folders: both }));
    await expectSameDisks(both);
  });

  test.for([noWords, '--allocated', '-S 0'])('to a file: %s', async (title) => {
    const both = await folders();
    for (const folder of both) await makeSource(join(folder, 'source'));
    expectCopied(await compare('nbdcopy', [...words(title), 'source', 'file'], { folders: both }));
    await expectSameFiles(both, 'file');
    const [ours, theirs] = await Promise.all(both.map((folder) => stat(join(folder, 'file'))));
    // Without a search for zeroes native knows the holes of the source, by SEEK_HOLE. Node cannot ask for them: ours allocates them.
    if (title === '-S 0') expect(ours?.blocks, 'what is allocated').toBe((12 * MiB) / 512);
    else expect(ours?.blocks, 'what is allocated').toBe(theirs?.blocks);
  });

  test('over a disk that has something else, and is larger', async () => {
    const both = await folders();
    for (const folder of both) await makeSource(join(folder, 'source'));
    const uri = await twins(both, 'data', '1*16777216');
    expectCopied(await compare('nbdcopy', ['source', uri], { folders: both }));
    await expectSameDisks(both);
  });

  test('over a file that is longer', async () => {
    const both = await folders();
    for (const folder of both) {
      await makeSource(join(folder, 'source'));
      await writeFile(join(folder, 'file'), noise(13 * MiB));
    }
    expectCopied(await compare('nbdcopy', ['source', 'file'], { folders: both }));
    await expectSameFiles(both, 'file');
  });

  test('to a command', async () => {
    const both = await folders();
    for (const folder of both) {
      await makeSource(join(folder, 'source'));
      await writeFile(join(folder, 'file'), '');
      await truncate(join(folder, 'file'), 12 * MiB);
    }
    // nbdkit changes to the root folder: `$PWD` is taken before.
    const command = ['[', 'sh', '-c', 'exec nbdkit file "$PWD/file"', ']'];
    expectCopied(await compare('nbdcopy', ['--', 'source', ...command], { folders: both }));
    await expectSameFiles(both, 'file');
  });
});

describe('what native nbdcopy fails at, and ours does', () => {
  test.for([noWords, '--synchronous', '--allocated'])('from standard input to a file: %s', async (title) => {
    const both = await folders();
    const input = Buffer.concat([noise(1_234_567), Buffer.alloc(MiB), noise(1)]);
    const { ours, theirs } = await compare('nbdcopy', [...words(title), '-', 'file'], { folders: both, input });
    expect(theirs).toMatchObject({ code: 1, stderr: 'file: truncate: Invalid argument\n' }); // it sets the unknown length
    expect(ours).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await readFile(join(both[0], 'file'))).equals(input)).toBe(true);
  });

  test('an empty disk to a file: --allocated', async () => {
    const both = await folders();
    const { uri } = await nbdkit('null', '0');
    const { ours, theirs } = await compare('nbdcopy', ['--allocated', uri, 'file'], { folders: both });
    expect(theirs).toMatchObject({ code: 1, stderr: 'fallocate: Invalid argument\n' });
    expect(ours).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await stat(join(both[0], 'file'))).size).toBe(0);
  });
});

describe('streams', () => {
  test('from standard input to a disk', async () => {
    const both = await folders();
    const uri = await twins(both, 'memory', '2M');
    expectCopied(await compare('nbdcopy', ['-', uri], { folders: both, input: noise(1_234_567) }));
    await expectSameDisks(both);
  });

  test.for(Object.entries(sources))('%s, to standard output', async ([, start]) => {
    const { uri } = await start();
    expectCopied(await compare('nbdcopy', [uri, '-']));
  });

  test('from standard input to standard output', async () => {
    expectCopied(await compare('nbdcopy', ['-', '-'], { input: noise(300_000) }));
  });

  test('a command to standard output', async () => {
    expectCopied(await compare('nbdcopy', ['--', '[', 'nbdkit', 'pattern', '100001', ']', '-']));
  });
});

test('from a disk to a disk', async () => {
  const both = await folders();
  const { uri } = await nbdkit('sparse-random', '32M', 'seed=3', 'percent=30');
  expectCopied(await compare('nbdcopy', [uri, await twins(both, 'memory', '32M')], { folders: both }));
  await expectSameDisks(both);
});

test.for(['a disk', 'a file', 'standard input', 'a command'])('to null: from %s', async (kind) => {
  const source: Record<string, () => Promise<string[]>> = {
    'a disk': async () => [(await nbdkit('pattern', '3M')).uri],
    'a file': async () => ['source'],
    'standard input': async () => ['-'],
    'a command': async () => ['[', 'nbdkit', 'pattern', '3M', ']'],
  };
  const both = await folders();
  for (const folder of both) await makeSource(join(folder, 'source'));
  const words = (await source[kind]?.()) ?? [];
  expectCopied(await compare('nbdcopy', ['--', ...words, 'null:'], { folders: both, input: noise(1000) }));
});

describe('--progress', () => {
  test.for(['--progress', '-p'])('%s ends at 100 %, with a bar of our own', async (option) => {
    const both = await folders();
    const { uri } = await nbdkit('pattern', '3M');
    const { ours, theirs } = await compare('nbdcopy', [option, uri, 'file'], { folders: both });
    for (const { code, stderr } of [ours, theirs]) {
      expect(code).toBe(0);
      expect(stderr).toMatch(/100%.*\n$/);
    }
    expect(ours.stdout).toBe(theirs.stdout);
  });

  test('to a descriptor', async () => {
    const both = await folders();
    const { uri } = await nbdkit('pattern', '3M');
    const { ours, theirs } = await compare('nbdcopy', ['--progress=1', uri, 'file'], { folders: both });
    const edges = (text: string) => [text.split('\n')[0], text.split('\n').at(-2), text.split('\n').at(-1)];
    expect(theirs.stdout).toContain('100/100\n');
    expect(edges(ours.stdout)).toEqual(edges(theirs.stdout));
    expect(ours.code).toBe(0);
  });
});
