// How `libnbd-wasm copy` ends when something goes wrong: servers that die, readers that leave, full devices, Ctrl-C.
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Restartable } from '../lasting/restartable.js';
import { firstDifference, pattern } from '../support/bytes.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { ended, nbdcopy, Running, shell, start, upstreamFolder } from './copying.js';

const MiB = 2 ** 20;
/** Too slow to end before something happens to it, and 64 times as long as what is in flight at a time. */
const slow = ['--filter=rate', 'pattern', '2G', 'rate=80M'];
/** The copy has begun. */
const begun = /\n[1-9]\d?\/100\n/;

const restartable = (...plugin: string[]) =>
  Restartable.start((socket, pidfile) => ['nbdkit', '--foreground', '--pidfile', pidfile, '--unix', socket, ...plugin]);

test('a server that is there again when it was killed: the copy goes on', async () => {
  const folder = await temporaryFolder();
  const server = await restartable('--filter=rate', 'pattern', '24M', 'rate=40M');
  const copy = start(['copy', '--progress=2', server.uri, join(folder, 'copy')]);
  await copy.until(begun);
  await server.restart();
  const { code, stderr } = await copy.ended;
  expect(stderr).toMatch(/a connection was lost, and is opened again/);
  expect(code).toBe(0);
  expect(firstDifference(await readFile(join(folder, 'copy')), pattern(0, 24 * MiB))).toBe(-1);
});

test('a server that is killed ends nbdcopy, which does not try again', async () => {
  const server = await nbdkit(...slow);
  const link = join(await upstreamFolder(), 'nbdcopy');
  const copy = new Running([process.execPath, link, '--progress=2', server.uri, 'null:']);
  await copy.until(begun);
  await server.kill();
  const { code, stderr } = await copy.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/nbdcopy: .*\(\d+ of 2147483648 bytes were copied\)/);
});

test('a reader that leaves', async () => {
  const { uri } = await nbdkit('pattern', '64M');
  const { stdout, stderr } = await shell('"$@" | head -c 1 | wc -c; echo $PIPESTATUS', 'copy', uri, '-');
  expect([`${stdout}`, stderr]).toEqual(['1\n141\n', '']);
});

test.for([['/dev/full'], ['-']])('a full device: %s', async ([where = '']) => {
  const { uri } = await nbdkit('pattern', '4M');
  const { code, stderr } = await shell('"$@" >/dev/full', 'copy', uri, where);
  expect(code).toBe(1);
  expect(stderr).toMatch(`libnbd-wasm: ${where}: ENOSPC: no space left on device, write`);
});

describe.for([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s', ([signal, code]) => {
  test('removes what is not complete, and ends the command in brackets', async () => {
    const folder = await temporaryFolder();
    const pidfile = join(folder, 'pid');
    await mkdir(join(folder, 'to'));
    const copy = start(['copy', '--progress=2', '[', 'nbdkit', '--pidfile', pidfile, ...slow, ']', join(folder, 'to', 'copy')]);
    await copy.until(begun);
    expect(await readdir(join(folder, 'to'))).toEqual(['copy.partial']);
    const pid = Number(await readFile(pidfile, 'utf8'));
    copy.signal(signal);
    expect((await copy.ended).code).toBe(code);
    expect(await readdir(join(folder, 'to'))).toEqual([]);
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});

test('with --resume, what was copied is kept, and the next copy goes on', async () => {
  const folder = await temporaryFolder();
  const copy = join(folder, 'copy');
  const server = await nbdkit('--filter=rate', 'pattern', '32M', 'rate=80M');
  const first = start(['copy', '--resume', '--progress=2', server.uri, copy]);
  await first.until(begun);
  first.signal('SIGINT');
  expect((await first.ended).code).toBe(130);
  expect((await readdir(folder)).sort()).toEqual(['copy.partial', 'copy.resume']);
  const { code, stdout } = await ended(['copy', '--resume', '--json', server.uri, copy]);
  expect(code).toBe(0);
  expect(JSON.parse(`${stdout}`).written).toBeLessThan(32 * MiB);
  expect(firstDifference(await readFile(copy), pattern(0, 32 * MiB))).toBe(-1);
  expect(await readdir(folder)).toEqual(['copy']);
});

test.for([
  ['the writer of a pipe', (fifo: string) => [fifo, 'null:']],
  ['the reader of a pipe', (fifo: string) => ['/dev/zero', fifo]],
  ['standard input', () => ['-', 'null:']],
] as const)('Ctrl-C ends a copy that waits for %s', async ([, words]) => {
  const fifo = join(await temporaryFolder(), 'fifo');
  await run('mkfifo', fifo);
  const copy = start(['copy', '--verbose', ...words(fifo)]);
  await copy.until(/connections=/);
  copy.signal('SIGINT');
  expect((await copy.ended).code).toBe(130);
});

test('nbdcopy ends with 1 for whatever is wrong, also with how it was called', async () => {
  for (const words of [[], ['a'], ['--wrong', 'a', 'b'], ['no-such-file', 'null:'], ['--request-size=1', 'a', 'b']]) {
    const { code, stderr } = await nbdcopy(words);
    expect([code, stderr.startsWith('nbdcopy: ')], words.join(' ')).toEqual([1, true]);
  }
});
