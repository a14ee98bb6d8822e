// `libnbd-wasm copy`: what it copies from and to, and what its options do.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { proxyProcess } from '../proxy/cli.js';
import { concat, firstDifference, noise, pattern } from '../support/bytes.js';
import { dataBytes } from '../support/holes.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit, qemuNbd } from '../support/servers.js';
import { ended, shell } from './copying.js';

const MiB = 2 ** 20;
const good = { code: 0, stderr: '' };

/** A file that cmp calls equal. */
const same = (a: string, b: string) => run('cmp', a, b);

/** A folder with a file of three parts: noise, zeroes, noise. */
async function sample(): Promise<{ folder: string; file: string; bytes: Uint8Array }> {
  const folder = await temporaryFolder();
  const bytes = concat(noise(MiB), new Uint8Array(2 * MiB), noise(MiB + 513, 2));
  await writeFile(join(folder, 'file'), bytes);
  return { folder, file: join(folder, 'file'), bytes };
}

describe('copies', () => {
  test('a file to a server and back, and the holes become holes', async () => {
    const { folder, file, bytes } = await sample();
    const { uri } = await nbdkit('memory', `${bytes.length}`);
    expect(await ended(['copy', file, uri])).toMatchObject(good);
    expect(await ended(['copy', uri, join(folder, 'back')])).toMatchObject(good);
    await same(file, join(folder, 'back'));
    expect(await dataBytes(join(folder, 'back'))).toBeLessThan(2.1 * MiB);
    expect((await readdir(folder)).sort()).toEqual(['back', 'file']);
  });

  test('between two commands in brackets, which have all of it when they have ended', async () => {
    const { folder, file, bytes } = await sample();
    const image = join(folder, 'image.qcow2');
    await run('qemu-img', 'create', '-q', '-f', 'qcow2', image, '8M');
    const server = ['[', 'qemu-nbd', '-r', '-f', 'raw', file, ']'];
    expect(await ended(['copy', ...server, '[', 'qemu-nbd', '-f', 'qcow2', image, ']'])).toMatchObject(good);
    await run('qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', image, join(folder, 'raw'));
    const raw = await readFile(join(folder, 'raw'));
    expect(firstDifference(raw.subarray(0, bytes.length), bytes)).toBe(-1);
  });

  test('standard input to a server, and a server to standard output', async () => {
    const bytes = noise(3 * MiB + 7);
    const { uri } = await nbdkit('memory', `${bytes.length}`);
    expect(await ended(['copy', '-', uri], bytes)).toMatchObject(good);
    const { code, stdout } = await ended(['copy', uri, '-']);
    expect(code).toBe(0);
    expect(firstDifference(stdout, bytes)).toBe(-1);
  });

  test('standard input to standard output', async () => {
    const bytes = noise(MiB + 1);
    const { stdout, ...rest } = await ended(['copy', '-', '-'], bytes);
    expect(rest).toEqual(good);
    expect(firstDifference(stdout, bytes)).toBe(-1);
  });

  test('to null:, and no file has this name', async () => {
    const { folder } = await sample();
    const { code, stdout } = await shell(`cd ${folder} && "$@"; ls`, 'copy', 'file', 'null:');
    expect([code, `${stdout}`]).toEqual([0, 'file\n']);
  });

  test('through a WebSocket', async () => {
    const { url } = await proxyProcess((await nbdkit('pattern', '1M')).uri);
    const { stdout, ...rest } = await ended(['copy', url, '-']);
    expect(rest).toEqual(good);
    expect(firstDifference(stdout, pattern(0, MiB))).toBe(-1);
  });

  test('over as many connections as it is told', async () => {
    const folder = await temporaryFolder();
    const log = join(folder, 'log');
    const { uri } = await nbdkit('--filter=log', 'pattern', '1M', `logfile=${log}`);
    for (const [words, most] of [
      [[], 4],
      [['-C', '2'], 2],
      [['--connections=3', '--threads=1'], 1],
      [['--synchronous'], 1],
    ] as const) {
      await writeFile(log, '');
      expect(await ended(['copy', ...words, uri, 'null:'])).toMatchObject(good);
      expect((await readFile(log, 'utf8')).match(/ Connect /g), words.join(' ')).toHaveLength(most);
    }
  });
});

describe('by its options', () => {
  test.for<[name: string, words: string[], isAllocated: boolean]>([
    ['finds zeroes', [], false],
    ['allocates all', ['--allocated'], true],
    ['looks for no zeroes', ['-S', '0'], true],
  ])('%s', async ([, words, isAllocated]) => {
    const { folder, file } = await sample();
    const copy = join(folder, 'copy');
    expect(await ended(['copy', ...words, file, copy])).toMatchObject(good);
    await same(file, copy);
    expect((await dataBytes(copy)) > 4 * MiB).toBe(isAllocated);
  });

  test('asks for no holes', async () => {
    const { uri } = await nbdkit('--filter=error', 'memory', '1M', 'error-pread-rate=1');
    expect(await ended(['copy', uri, 'null:'])).toMatchObject(good);
    expect((await ended(['copy', '--no-extents', uri, 'null:'])).stderr).toMatch(/nbd_pread.*0 of 1048576 bytes were copied/);
  });

  test('flushes by itself, and not when it is told not to', async () => {
    const { folder, file, bytes } = await sample();
    const log = join(folder, 'log');
    const { uri } = await nbdkit('--filter=log', 'memory', `${bytes.length}`, `logfile=${log}`);
    await ended(['copy', '--no-flush', file, uri]);
    expect(await readFile(log, 'utf8')).not.toMatch(/ Flush /);
    await ended(['copy', file, uri]);
    expect(await readFile(log, 'utf8')).toMatch(/ Flush /);
  });

  test('writes no zeroes where the destination has them', async () => {
    const { uri } = await nbdkit('--filter=error', 'memory', '1M', 'error-pwrite-rate=1', 'error-zero-rate=1');
    const source = await nbdkit('memory', '1M');
    expect(await ended(['copy', '--target-is-zero', source.uri, uri])).toMatchObject(good);
    expect((await ended(['copy', source.uri, uri])).code).toBe(1);
  });

  test('makes requests of the size that it is told', async () => {
    const log = join(await temporaryFolder(), 'log');
    const { uri } = await nbdkit('--filter=log', 'pattern', '1M', `logfile=${log}`);
    expect(await ended(['copy', '-C', '1', '--request-size', '64k', uri, 'null:'])).toMatchObject(good);
    const counts = new Set(
      (await readFile(log, 'utf8')).match(/ Read .*count=\S+/g)?.map((line) => line.replace(/.*count=/, '')),
    );
    expect([...counts]).toEqual(['0x10000']);
  });

  test('copies what a dirty bitmap names, and leaves the rest', async () => {
    const folder = await temporaryFolder();
    const copy = join(folder, 'copy');
    await writeFile(copy, new Uint8Array(4 * MiB).fill(7));
    const { uri } = await qemuNbd({ format: 'qcow2', size: 4 * MiB, bitmap: 'changes', content: noise(65536) });
    const { code, stdout } = await ended(['copy', '--only-dirty', 'changes', '--json', uri, copy]);
    expect(code).toBe(0);
    expect(JSON.parse(`${stdout}`)).toMatchObject({ bytes: 4 * MiB, written: 65536 });
    expect(firstDifference(await readFile(copy), concat(noise(65536), new Uint8Array(4 * MiB - 65536).fill(7)))).toBe(-1);
  });

  test('verifies, and finds a destination that forgets', async () => {
    const { file, bytes } = await sample();
    const { uri } = await nbdkit('memory', `${bytes.length}`);
    const { code, stdout } = await ended(['copy', '--verify', '--json', file, uri]);
    expect(code).toBe(0);
    expect(JSON.parse(`${stdout}`)).toMatchObject({ bytes: bytes.length, verified: true });
    const forgetful = await nbdkit('--filter=cow', 'null', `${bytes.length}`);
    expect((await ended(['copy', '--verify', file, forgetful.uri])).code).toBe(0);
    const lost = await nbdkit('null', `${bytes.length}`);
    expect((await ended(['copy', '--verify', file, lost.uri])).stderr).toMatch(/verify: what was read back at offset 0 differs/);
  });

  test('tells what it copies', async () => {
    const { uri } = await nbdkit('pattern', '1M');
    const { stderr } = await ended(['copy', '--verbose', uri, 'null:']);
    expect(stderr).toContain(`libnbd-wasm: src: nbd_ops "${uri}"\nlibnbd-wasm: src: size=1048576 (1M)`);
    expect(stderr).toContain('libnbd-wasm: dst: null_ops "null:"');
    expect(stderr).toContain('libnbd: debug: src0: ');
  });
});

describe('the progress', () => {
  test('is a bar where it is asked for, and nothing where there is no terminal', async () => {
    const { uri } = await nbdkit('pattern', '4M');
    expect((await ended(['copy', uri, 'null:'])).stderr).toBe('');
    expect((await ended(['copy', '-p', uri, 'null:'])).stderr).toMatch(/\r100% \[#{30}\] 4\.0 MiB.*\n$/);
  });

  test('is a bar by itself on a terminal, unless it is not wanted', async () => {
    const { uri } = await nbdkit('pattern', '4M');
    const words = `${process.execPath} ${(await import('../node/cli.js')).main} copy '${uri}' null:`;
    expect(`${await run('script', '-qec', words, '/dev/null')}`).toMatch(/100% \[#{30}\] 4\.0 MiB/);
    expect(`${await run('script', '-qec', `${words} --no-progress`, '/dev/null')}`).toBe('');
  });

  test('goes to a file descriptor, from 0 to 100', async () => {
    const { uri } = await nbdkit('pattern', '4M');
    const { stdout } = await shell('"$@" 5>&1', 'copy', '--progress=5', uri, 'null:');
    const lines = `${stdout}`.trimEnd().split('\n');
    expect(lines.at(0)).toBe('0/100');
    expect(lines.at(-1)).toBe('100/100');
    expect(lines.every((line) => /^\d+\/100$/.test(line))).toBe(true);
  });

  test('does not go into a descriptor of its own', async () => {
    const { code, stderr } = await shell('exec "$@"', 'copy', '--progress=3', '/dev/null', 'null:');
    expect(code).toBe(2);
    expect(stderr).toContain('the file descriptor 3 is not open: 3>FILE opens it');
  });
});

describe('refuses', () => {
  test.for<[words: string[], code: number, text: string]>([
    [[], 2, 'no source and no destination were given'],
    [['a'], 2, 'no destination was given'],
    [['a', 'b', 'c'], 2, 'there is more than a source and a destination: c'],
    [['--sparse=1000', 'a', 'b'], 2, '--sparse: must be a power of 2 within 512-1073741824: 1000'],
    [['--request-size=64M', 'a', 'b'], 2, '--request-size: must be a power of 2 within 4096-33554432: 64M'],
    [['-C', '0', 'a', 'b'], 2, '--connections takes a number from 1 on, not 0'],
    [['no-such-file', 'null:'], 1, 'no-such-file: No such file or directory'],
    [['/tmp', 'null:'], 1, '/tmp: Is a directory'],
    [['/dev/null', '/no/such/folder'], 1, '/no/such/folder: No such file or directory'],
    [['[', 'no-such-program', ']', 'null:'], 1, 'no-such-program cannot be started: no folder of PATH has it'],
    [['[', 'false', ']', 'null:'], 1, '[ false ]: the command has ended (exit code 1): it serves nothing'],
    [['[', 'sleep', '1000', ']', 'null:', '--timeout=0.3'], 1, '[ sleep 1000 ] has not answered for 0.3 s'],
    [
      ['[', 'nbdkit', '--filter=delay', 'pattern', '1M', 'delay-read=1000', ']', 'null:', '--timeout=0.3'],
      1,
      'there was no answer within 300 ms',
    ],
    [['nbd+unix:///?socket=/no/such/socket', 'null:'], 1, 'nbd+unix:///?socket=/no/such/socket: nbd_connect_uri: '],
    [
      ['[', 'nbdkit', 'memory', '2M', ']', '[', 'nbdkit', 'memory', '1M', ']'],
      1,
      'error: destination size (1048576) is smaller than source size (2097152)',
    ],
    [
      ['[', 'nbdkit', 'memory', '1M', ']', '[', 'nbdkit', '-r', 'memory', '1M', ']'],
      1,
      'the destination is read-only, cannot write to it',
    ],
    [['--only-dirty=x', '[', 'nbdkit', 'memory', '1M', ']', 'null:'], 1, 'the server has no qemu:dirty-bitmap:x'],
    [['--only-dirty=x', '/dev/null', 'null:'], 2, '--only-dirty needs an NBD server to copy from, not /dev/null'],
    [['--verify', '/dev/null', 'null:'], 2, 'verify needs ends that can be read again'],
    [['--resume', '[', 'nbdkit', 'memory', '1M', ']', '-'], 2, 'resume needs'],
  ])('%j', async ([words, code, text]) => {
    const result = await ended(['copy', ...words]);
    expect(result.stderr).toContain(`libnbd-wasm: `);
    expect(result.stderr).toContain(text);
    expect(result.code).toBe(code);
  });

  test('a terminal as the destination', async () => {
    const main = (await import('../node/cli.js')).main;
    const words = `${process.execPath} ${main} copy /dev/null -; echo "exit $?"`;
    const said = `${await run('script', '-qec', words, '/dev/null')}`;
    expect(said).toContain('libnbd-wasm: refusing to write to tty');
    expect(said).toContain('exit 1');
  });

  test('a copy of a file to itself, which stays as it is', async () => {
    const { file, bytes } = await sample();
    expect((await ended(['copy', file, file])).stderr).toContain('would be copied to itself');
    expect((await stat(file)).size).toBe(bytes.length);
  });
});
