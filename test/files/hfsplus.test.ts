// HFS+ by 7-Zip's handler: every file of a tree, and what it does not follow.
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSystem, type NBDError } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { MemoryDisk } from '../support/memory_disk.js';
import { temporaryFolder } from '../support/processes.js';
import { all, compare } from './compare.js';
import { hfsplus } from './seven_disks.js';
import { handleOn, MiB, noise, plainTree } from './trees.js';

test('all files of a tree', async () => {
  const folder = await plainTree();
  await symlink('../one', join(folder, 'deep/link'));
  await writeFile(join(folder, 'col:on [SYSTEM]'), 'a colon is a slash on the disk');
  const files = await fileSystem(await handleOn(await hfsplus(folder)));
  expect(files.info).toMatchObject({ type: 'hfsplus', label: 'A label', warnings: [] });
  // Its names are decomposed: an accent is a character of its own.
  expect(await compare(files, folder, '', { modes: true, step: 10n ** 9n, without: /^na/ })).toBe(511);
  expect((await all(files.readdir('/'))).map(({ name }) => name)).toContain('naïve ünïcode'.normalize('NFD'));
  expect(Buffer.compare(await files.read('/deep/link'), noise('one', MiB))).toBe(0);
  expect(await files.stat('/')).toMatchObject({ type: 'directory', mode: 0o755 });
});

/** The record of a name in the catalog; what follows is by `HFSPlusCatalogFile` and `HFSPlusCatalogFolder` of Apple's TN1150. */
function recordOf(bytes: Uint8Array, name: string): DataView {
  const key = Buffer.alloc(2 + 2 * name.length);
  key.writeUInt16BE(name.length);
  Array.from(name, (character, i) => key.writeUInt16BE(character.charCodeAt(0), 2 + 2 * i));
  for (let at = 0; ; at++) {
    at = Buffer.from(bytes.buffer).indexOf(key, at);
    if (at === -1) throw new Error(`there is no record of ${name}`);
    const view = new DataView(bytes.buffer, at + key.length);
    if ([1, 2].includes(view.getUint16(0))) return view; // a folder or a file, and no thread
  }
}

test('a name of a file of several names is no empty file', async () => {
  const folder = await temporaryFolder();
  for (const name of ['linked', 'empty']) await writeFile(join(folder, name), '');
  await mkdir(join(folder, 'x'.repeat(21)));
  const bytes = new Uint8Array(await readFile(await hfsplus(folder)));
  const honest = await fileSystem(new MemoryDisk(bytes.slice()));
  expect(await honest.stat('/linked')).toMatchObject({ type: 'file', size: 0n });
  // The folder becomes the one in which such files are kept, and a file says that it was made when that was.
  const folderRecord = recordOf(bytes, 'x'.repeat(21));
  const name = Buffer.from('\0\0\0\0HFS+ Private Data', 'latin1');
  const key = new DataView(bytes.buffer, folderRecord.byteOffset - 2 * name.length);
  for (const [i, byte] of name.entries()) key.setUint16(2 * i, byte);
  folderRecord.setUint32(0x0c, 0x9000_0000);
  recordOf(bytes, 'linked').setUint32(0x0c, 0x9000_0000);
  recordOf(bytes, 'empty').setUint32(0x0c, 0x9000_0001);
  const files = await fileSystem(new MemoryDisk(bytes));
  expect((await all(files.readdir('/'))).map((entry) => [entry.name, entry.type]).sort()).toEqual([
    ['empty', 'file'],
    ['linked', 'unknown'],
  ]);
  await expect(files.read('/linked')).rejects.toThrow(expect.objectContaining({ code: 'EINVAL' }));
});

test('a catalog that would need more memory than an engine has', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), 'file');
  const small = await readFile(await hfsplus(folder));
  const bytes = new Uint8Array(300 * MiB);
  bytes.set(small);
  const header = new DataView(bytes.buffer, 1024);
  const blockSize = header.getUint32(0x28);
  const blocks = (200 * MiB) / blockSize;
  header.setUint32(0x2c, bytes.length / blockSize); // blocks of the volume
  const catalog = 0x70 + 2 * 0x50;
  header.setBigUint64(catalog, BigInt(200 * MiB));
  header.setUint32(catalog + 12, blocks);
  header.setUint32(catalog + 20, blocks); // of its first extent
  const disk = new MemoryDisk(bytes);
  const error = await fileSystem(disk, { type: 'hfsplus' }).catch((reason: unknown) => reason as NBDError);
  expect(error).toMatchObject({ code: 'ENOMEM', message: expect.stringContaining('128 MiB') });
  expect(disk.requests.length).toBeLessThan(5);
});
