// What nbdcopy says when it cannot copy, beside native nbdcopy: the same exit codes, and its texts, or ones that say more.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { noise } from '../../support/bytes.js';
import { nbdkit } from '../../support/servers.js';
import { type Both, expectOwnText, expectRefusedCall, expectSame, noWords, oracle, words } from './compare.js';
import { folders, twins } from './copying.js';

const compare = oracle();

describe('what cannot be copied', () => {
  /** Both tools run in folders that have the same in them. */
  async function expectSameFailure(args: readonly string[], input?: Uint8Array): Promise<Both> {
    const both = await folders();
    for (const folder of both) {
      await writeFile(join(folder, 'one'), noise(1000));
      await mkdir(join(folder, 'folder'));
    }
    const outcome = await compare('nbdcopy', args, { folders: both, ...(input === undefined ? {} : { input }) });
    expect(outcome.theirs.code).toBe(1);
    expectSame(outcome);
    return outcome;
  }

  const disk = async (...args: string[]) => (await nbdkit(...args)).uri;
  const failures: Record<string, () => Promise<string[]>> = {
    'a missing file': async () => ['missing', 'null:'],
    'a missing file, to a disk': async () => ['missing', await disk('memory', '1M')],
    'a file in a missing folder': async () => ['one', 'missing/two'],
    'a disk that is smaller': async () => ['one', await disk('memory', '512')],
    'a disk that is smaller than another': async () => [await disk('pattern', '2M'), await disk('memory', '1M')],
    'a disk that is smaller than that of a command': async () => [
      '--',
      '[',
      'nbdkit',
      'pattern',
      '2M',
      ']',
      await disk('memory', '1M'),
    ],
    'a read-only disk': async () => ['one', await disk('-r', 'memory', '1M')],
    'a read-only disk that is smaller': async () => ['one', await disk('-r', 'memory', '512')],
    'a missing socket': async () => ['nbd+unix:///?socket=missing', 'null:'],
    'a missing socket to copy to': async () => ['one', 'nbd+unix:///?socket=missing'],
    'a missing export': async () => [`${await disk('--filter=exportname', 'memory', '1M', 'exportname-strict=true')}`, 'null:'],
    'a URI of another scheme': async () => ['http://localhost/', 'null:'],
    'a source null:': async () => ['null:', 'two'],
  };
  test.for(Object.entries(failures))('%s', async ([, make]) => {
    await expectSameFailure(await make(), noise(1000));
  });

  const longNames: Record<string, string> = { '-S': '--sparse', '-C': '--connections', '-R': '--requests', '-T': '--threads' };
  test.for([
    '--request-size=1k',
    '--request-size=33000',
    '--request-size=64M',
    '--request-size=x',
    '--queue-size=8G',
    '--queue-size=x',
    '--queue-size=',
    '--queue-size=-1',
    '--sparse=100',
    '--sparse=513',
    '-S x',
    '-S 8G',
    '-C 0',
    '-C x',
    '--connections=',
    '-R 0',
    '-R x',
    '-T x',
    '--progress=x',
    '--progress=-1',
  ])('%s', async (title) => {
    const both = await folders();
    for (const folder of both) await writeFile(join(folder, 'one'), noise(1000));
    const option = /^--?[a-zA-Z-]+/.exec(title)?.[0] ?? '';
    expectOwnText(
      await compare('nbdcopy', [...words(title), 'one', 'null:'], { folders: both }),
      new RegExp(longNames[option] ?? option),
    );
  });

  test.for(['pread', 'pwrite', 'zero'])('an error of the server: %s', async (request) => {
    const { uri } = await nbdkit(
      '--filter=error',
      '--filter=noextents',
      'memory',
      '64K',
      `error-${request}=EIO`,
      `error-${request}-rate=100%`,
    );
    const both = await folders();
    for (const folder of both) {
      await writeFile(join(folder, 'source'), request === 'zero' ? Buffer.alloc(64 * 1024) : noise(64 * 1024));
    }
    const args = request === 'pread' ? [uri, 'null:'] : ['source', uri];
    expectOwnText(await compare('nbdcopy', args, { folders: both }), /I\/O error .*at offset 0/);
  });

  test('a folder that would be written', async () => {
    const both = await folders();
    for (const folder of both) await mkdir(join(folder, 'folder'));
    expectOwnText(await compare('nbdcopy', ['-', 'folder'], { folders: both }), /folder/);
  });

  test('from standard input, more than fits', async () => {
    const both = await folders();
    const uri = await twins(both, 'memory', '512');
    expectOwnText(await compare('nbdcopy', ['-', uri], { folders: both, input: noise(1000) }), /512 bytes/);
  });

  test('a command that there is not', async () => {
    const both = await compare('nbdcopy', ['--', '[', 'libnbd-wasm-no-such-command', ']', 'null:']);
    expectOwnText(both, /libnbd-wasm-no-such-command/);
  });
});

test.for(['--version', '-V', '-V one two'])('%s', async (title) => expectSame(await compare('nbdcopy', words(title))));

test.for([
  noWords,
  'one',
  'one two three',
  '--nosuch one two',
  '-x one two',
  '--flush=1 one two',
  '-C',
  '-- [ one',
  '-- [ nbdkit null 1M ]',
  '-- one [ two',
  '-- one [ nbdkit null 1M ] three',
])('a wrong call: %s', async (title) => expectRefusedCall(await compare('nbdcopy', words(title), { folders: await folders() })));
