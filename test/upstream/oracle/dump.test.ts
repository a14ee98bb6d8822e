// nbddump beside native nbddump: the same bytes on both streams, and the same exit code.
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { temporaryFolder } from '../../support/processes.js';
import { nbdkit, qemuNbd, type Server } from '../../support/servers.js';
import { expectOwnText, expectRefusedCall, expectSame, noWords, oracle, words } from './compare.js';

const compare = oracle();
const MiB = 2 ** 20;

const disks: Record<string, { start: () => Promise<Server>; options: string[] }> = {
  'a disk of a pattern': {
    start: () => nbdkit('pattern', '5000'),
    options: [
      noWords,
      '--color',
      '--colour',
      '--no-color',
      '--colors --no-colours',
      '-n 0',
      '-n 1',
      '-n 16',
      '-n 17 --color',
      '--length 100',
      '--length=100',
      '--limit=100',
      '-o 16',
      '-o 7 -n 30',
      '--offset 4096',
      '--offset=4990',
      '--skip=4999',
      '--skip=5000',
      '--skip=5000 --color',
      '--length 9999999',
    ],
  },
  'text and bytes of every value': {
    start: () => nbdkit('data', Array.from({ length: 256 }, (_, i) => String(i)).join(' ')),
    options: [noWords, '--color'],
  },
  'an empty disk': { start: () => nbdkit('null', '0'), options: [noWords, '--color', '-n 10', '-o 0'] },
  'one byte': { start: () => nbdkit('data', '65'), options: [noWords, '--color', '-o 1'] },
  'a disk of zeroes': { start: () => nbdkit('null', '1M'), options: [noWords, '--color', '-n 32'] },
  'a disk of zeroes that ends within a line': { start: () => nbdkit('null', '1000003'), options: [noWords, '--color'] },
  'a sparse disk': {
    start: () => nbdkit('data', '@1048576 "here" @3145728 1*64 0*64 2', 'size=4M'),
    options: [noWords, '--color', '-o 1048570'],
  },
  'lines that repeat across the end of a read': {
    start: () => nbdkit('data', '@16777200 1*64 @33554432 "end"', `size=${32 * MiB + 3}`),
    options: [noWords, '-o 16777199', '-n 16777216', '-n 16777217'],
  },
  'a disk whose map is not told': { start: () => nbdkit('--no-sr', 'data', '@65536 "here"', 'size=1M'), options: [noWords] },
  'an oldstyle disk': { start: () => nbdkit('-o', 'data', '@65536 "here"', 'size=128K'), options: [noWords, '--color'] },
  'a disk of qemu-nbd': {
    start: () => qemuNbd({ format: 'qcow2', size: MiB, content: new Uint8Array(70_000).fill(0xaa) }),
    options: [noWords, '--color'],
  },
  'a disk that cannot be read': {
    start: () => nbdkit('--filter=error', 'pattern', '1M', 'error-pread=EIO', 'error-pread-rate=100%'),
    options: [noWords, '--color'],
  },
  'a disk whose map cannot be had': {
    start: () => nbdkit('--filter=error', 'pattern', '1M', 'error-extents=EIO', 'error-extents-rate=100%'),
    options: [noWords],
  },
  'a missing export': {
    start: () => nbdkit('--filter=exportname', 'memory', '1M', 'exportname-strict=true', 'exportname=one'),
    options: [noWords],
  },
};

describe.for(Object.entries(disks))('%s', ([, { start, options }]) => {
  test.for(options)('%s', async (title) => {
    const { uri } = await start();
    expectSame(await compare('nbddump', [...words(title), uri]));
  });
});

test('a command in square brackets', async () => {
  expectSame(await compare('nbddump', ['--length=64', '--', '[', 'nbdkit', 'pattern', '1M', ']']));
});

test.for(['--offset=5001', '-o 9999999 -n 16'])('beyond the end: %s', async (title) => {
  const { uri } = await nbdkit('pattern', '5000');
  expectOwnText(await compare('nbddump', [...words(title), uri]), /beyond the end/);
});

test('a command that there is not', async () => {
  const both = await compare('nbddump', ['--', '[', 'libnbd-wasm-no-such-command', ']']);
  expectOwnText(both, /libnbd-wasm-no-such-command/);
});

test('a missing socket', async () => {
  expectSame(await compare('nbddump', [`nbd+unix:///?socket=${join(await temporaryFolder(), 'socket')}`]));
});

test.for(['--version', '-V', 'disk', 'http://localhost'])('%s', async (title) =>
  expectSame(await compare('nbddump', words(title))),
);

test.for([
  noWords,
  '--length x nbd://localhost',
  '--offset= nbd://localhost',
  '--nosuch',
  '-x',
  '--length',
  'nbd://localhost nbd://localhost',
  '[ ]',
  '--color=3 nbd://localhost',
])('a wrong call: %s', async (title) => expectRefusedCall(await compare('nbddump', words(title))));
