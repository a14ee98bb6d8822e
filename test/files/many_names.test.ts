// A directory of 100,000 names: how much is read to list it, and that each name has its own file.
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/processes.js';
import { manyNames, mtimeOf, nameOf, sizeOf } from './many_names.js';
import { filesOf } from './trees.js';

const count = 100_000;

test('a directory of 100,000 names', async () => {
  const files = await filesOf(await manyNames(await temporaryFolder(), count));
  const before = files.reads;
  const start = performance.now();
  let i = 0;
  for await (const { name, size, mtimeNs } of files.readdir('/many')) {
    if (name !== nameOf(i) || size !== BigInt(sizeOf(i)) || mtimeNs !== BigInt(mtimeOf(i)) * 1_000_000_000n) {
      expect.fail(`${name} (${i}): ${size} bytes, ${mtimeNs}`);
    }
    i++;
  }
  const time = performance.now() - start;
  const { requests, bytes } = { requests: files.reads.requests - before.requests, bytes: files.reads.bytes - before.bytes };
  console.info(`${count} names: ${requests} requests, ${(bytes / 2 ** 20).toFixed(1)} MiB, ${time.toFixed(0)} ms`);
  expect(i).toBe(count);
  expect(requests).toBeLessThan(700);
  expect(bytes).toBeLessThan(40 * 2 ** 20);
  expect(await files.stat(`/many/${nameOf(99_999)}`)).toMatchObject({ type: 'file', size: BigInt(sizeOf(99_999)) });
  files.close();
});
