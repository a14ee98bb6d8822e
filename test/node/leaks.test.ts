// What is done many thousand times leaves the module's memory and the JavaScript heap where they were.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/processes.js';
import { runProgram } from '../support/programs.js';
import { nbdkit } from '../support/servers.js';

const MiB = 2 ** 20;

/** How much both have grown, in bytes. */
async function growth(what: string, path: string, times: number): Promise<{ memory: number; heap: number }> {
  const lines = await runProgram('leaks', [what, path, String(times)], ['--expose-gc']);
  expect(lines.length).toBe(1);
  return JSON.parse(lines[0] ?? '');
}

// A heap comes and goes by half a megabyte. A connection alone that stayed would be four times that after 4,000 of them.
test.for<[string, number]>([
  ['reads', 400_000],
  ['calls of every kind', 150_000],
  ['calls refused at once, all with one signal', 100_000],
  ['connects', 4000],
  ['closes with requests in flight', 10_000],
  ['handles that are dropped', 10_000],
])('%s × %d', async ([what, times]) => {
  const { path } = await nbdkit('memory', '1M');
  const { memory, heap } = await growth(what, path, times);
  expect(memory).toBe(0);
  expect(heap).toBeLessThan(MiB);
});

test('connects that fail × 10000', async () => {
  const { memory, heap } = await growth('connects that fail', join(await temporaryFolder(), 'nobody'), 10_000);
  expect(memory).toBe(0);
  expect(heap).toBeLessThan(MiB);
});
