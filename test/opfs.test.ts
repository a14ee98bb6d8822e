// copy() to and from files of the origin's private file system: in a page through createWritable, in a worker in place.
import { checksum, compare, copy, NBDError } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, noise, pattern } from './support/bytes.js';
import { connected, failure } from './support/handles.js';
import { MemoryDisk } from './support/memory_disk.js';
import { nbdkit } from './support/platform.js';

const MiB = 2 ** 20;

async function newFile(name: string): Promise<FileSystemFileHandle> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(name).catch(() => {}); // none was left by an earlier run
  return root.getFileHandle(name, { create: true });
}

const bytesOf = async (handle: FileSystemFileHandle) => new Uint8Array(await (await handle.getFile()).arrayBuffer());

test('a disk becomes a file, and the file a disk', async () => {
  const file = await newFile('disk');
  const nbd = await connected(await nbdkit('pattern', '5M'));
  await copy(nbd, file, { verify: true });
  expect(firstDifference(await bytesOf(file), pattern(0, 5 * MiB))).toBe(-1);
  const other = await connected(await nbdkit('memory', '5M'));
  await copy(file, other, { verify: true });
  expect(await compare(other, nbd)).toMatchObject({ isEqual: true });
  expect(await checksum(other)).toBe(await checksum(file));
});

test('zeroes are in the file, at its end too, and what was there before is not', async () => {
  const file = await newFile('zeroes');
  await copy(new Blob([noise(3 * MiB)]), file);
  const content = new Uint8Array(2 * MiB);
  content.set(noise(1000), 5000);
  await copy(new Blob([content]), file);
  expect(firstDifference(await bytesOf(file), content)).toBe(-1);
  await copy(new Blob([content]).stream(), file);
  expect(firstDifference(await bytesOf(file), content)).toBe(-1);
});

test('a copy that failed leaves the file free for the next', async () => {
  const file = await newFile('failed');
  const disk = new MemoryDisk(noise(2 * MiB));
  disk.before = async (request) => {
    if (Number(request.split(' ')[2]) >= MiB) throw new NBDError(`${request}: bad sectors`, 'EIO');
  };
  expect(await failure(copy(disk, file, { requestSize: MiB }))).toMatchObject({ code: 'EIO' });
  await copy(new Blob([noise(1000)]), file);
  expect(firstDifference(await bytesOf(file), noise(1000))).toBe(-1);
});
