// `libnbd-wasm compare`, with the exit codes of cmp.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { ended } from './copying.js';

const MiB = 2 ** 20;

/** Two files that differ at two places, and in their length. */
async function two(): Promise<[string, string]> {
  const folder = await temporaryFolder();
  const bytes = noise(MiB);
  await writeFile(join(folder, 'a'), bytes);
  bytes[1000] = ~(bytes[1000] ?? 0);
  bytes[5000] = ~(bytes[5000] ?? 0);
  await writeFile(join(folder, 'b'), new Uint8Array([...bytes, 1, 2, 3]));
  return [join(folder, 'a'), join(folder, 'b')];
}

test('equal disks end with 0, and nothing is said', async () => {
  const { uri } = await nbdkit('sparse-random', '64M', 'seed=1');
  const words = ['compare', uri, '[', 'nbdkit', 'sparse-random', '64M', 'seed=1', ']'];
  const { code, stdout, stderr } = await ended(words);
  expect([code, `${stdout}`, stderr]).toEqual([0, '', '']);
});

test('what both servers say is zero is not read', async () => {
  const failing = ['nbdkit', '--filter=error', 'memory', '64M', 'error-pread-rate=1'];
  const words = ['compare', '[', ...failing, ']', '[', ...failing, ']'];
  expect((await ended(words)).code).toBe(0);
  const { code, stderr } = await ended([...words, '--no-extents']);
  expect(code).toBe(2);
  expect(stderr).toContain('nbd_pread');
});

test('disks that differ end with 1: where first, and how much', async () => {
  const [a, b] = await two();
  const { code, stdout } = await ended(['compare', a, b]);
  expect(code).toBe(1);
  expect(`${stdout}`).toBe(
    `${a} and ${b} differ: first at offset 1000, in all 1027 bytes in 3 ranges; they have 1048576 and 1048579 bytes\n`,
  );
});

test('--ranges lists what differs, in blocks of a size', async () => {
  const [a, b] = await two();
  const listed = async (...words: string[]) => `${(await ended(['compare', '--ranges', ...words, a, b])).stdout}`;
  expect(await listed()).toBe('       512         512\n      4608         512\n   1048576           3\n');
  expect(await listed('--granularity=1')).toBe('      1000           1\n      5000           1\n   1048576           3\n');
});

test('--json has all of it', async () => {
  const [a, b] = await two();
  const { code, stdout } = await ended(['compare', '--json', '--granularity', '4k', a, b]);
  expect(code).toBe(1);
  expect(JSON.parse(`${stdout}`)).toEqual({
    equal: false,
    sizes: [MiB, MiB + 3],
    first: 1000,
    bytes: 8195,
    ranges: [
      { offset: 0, length: 8192 },
      { offset: MiB, length: 3 },
    ],
  });
  expect(JSON.parse(`${(await ended(['compare', '--json', a, a])).stdout}`)).toMatchObject({ equal: true, ranges: [] });
});

test('--quiet leaves it to the exit code', async () => {
  const [a, b] = await two();
  const { code, stdout } = await ended(['compare', '-s', a, b]);
  expect([code, stdout.length]).toEqual([1, 0]);
});

test.for<[words: string[], text: string]>([
  [['no-such-file', '/dev/null'], 'no-such-file: No such file or directory'],
  [['-', 'x'], '- is a stream: disks and files can be compared'],
  [['x'], 'no second disk was given'],
  [['[', 'no-such-program', ']', 'x'], 'no-such-program cannot be started'],
])('trouble ends with 2: %j', async ([words, text]) => {
  const { code, stderr } = await ended(['compare', ...words], new Uint8Array());
  expect(code).toBe(2);
  expect(stderr).toContain(text);
});
