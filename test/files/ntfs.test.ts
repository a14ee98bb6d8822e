// NTFS by 7-Zip's handler: every file of a tree, and what Windows stores in ways that are not read, which is refused by name.
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSystem, fileSystem, type NBDError } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { atEnd } from '../support/cleanup.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { run, temporaryFolder } from '../support/processes.js';
import { all, compare } from './compare.js';
import { attributeOf } from './ntfs_record.js';
import { ntfs } from './seven_disks.js';
import { handleOn, MiB, noise, plainTree } from './trees.js';

const filesOf = async (image: string): Promise<FileSystem> => fileSystem(await handleOn(image));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const failed = (promise: Promise<unknown>) => promise.then(String, ({ code, message }: NBDError) => `${code} ${message}`);

test('all files of a tree', async () => {
  const folder = await plainTree();
  await symlink('one', join(folder, 'link'));
  await symlink('../../one', join(folder, 'deep/a/up'));
  await run('ln', join(folder, 'one'), join(folder, 'again'));
  const files = await filesOf(await ntfs(folder, '32M'));
  expect(files.info).toMatchObject({ type: 'ntfs', label: 'A label', warnings: [] });
  expect(await compare(files, folder, '', { step: 1000n })).toBe(513);
  expect(Buffer.compare(await files.read('/deep/a/up'), noise('one', MiB))).toBe(0);
  const [one, again] = [await files.stat('/one'), await files.stat('/again')];
  expect(one).toEqual({ ...again, links: 2 });
  expect(one.mode).toBeUndefined(); // what ntfs-3g tells is an option of the mount's
  const places = await all(files.places('/one'));
  expect(places).toEqual([{ offset: 0n, length: BigInt(MiB), place: expect.any(BigInt) }]);
});

test('names', async () => {
  const folder = await temporaryFolder();
  const names = ['back\\slash', 'col:on', 'line\nbreak', '[LOST]', 'x'.repeat(255), '\u{1f600} naïve', '[TOO-LONG]', 'a?*"<>|'];
  for (const name of names) await writeFile(join(folder, name), name);
  await mkdir(join(folder, '[SYSTEM]'));
  await writeFile(join(folder, '[SYSTEM]', 'mine'), 'mine');
  const surrogate = Buffer.concat([Buffer.from(`${folder}/half `), Buffer.from([0xed, 0xa0, 0x80])]);
  await writeFile(surrogate, 'half a character');
  const deep = Array.from({ length: 300 }, (_, i) => `${i}`).join('/');
  await mkdir(join(folder, deep), { recursive: true });
  await writeFile(join(folder, deep, 'file'), 'deep');
  const files = await filesOf(await ntfs(folder, '8M'));
  const entries = await all(files.readdir('/'));
  const half = entries.find(({ name }) => name.startsWith('half'));
  expect(entries.map(({ name }) => name).sort()).toEqual([...names, '0', '[SYSTEM]', half?.name].sort());
  for (const name of names) expect(text(await files.read(`/${name}`))).toBe(name);
  expect(await all(files.readdir('/[SYSTEM]'))).toHaveLength(1); // of its own files, 7-Zip's folder of that name is hidden
  expect(Buffer.from(half?.bytes ?? []).toString('latin1')).toBe('half \xed\xa0\x80');
  expect(text(await files.read(Buffer.concat([Buffer.from('/'), half?.bytes ?? Buffer.of()])))).toBe('half a character');
  expect(text(await files.read(`/${deep}/file`))).toBe('deep');
});

describe('what cannot be read as it is stored', () => {
  async function disk(): Promise<MemoryDisk> {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'secret'), noise('secret', 10_000));
    await writeFile(join(folder, 'plain'), 'plain');
    await symlink('plain', join(folder, 'link'));
    return new MemoryDisk(new Uint8Array(await readFile(await ntfs(folder, '8M'))));
  }

  /** With a bit in the second byte of the file's attributes. */
  function marked({ bytes }: MemoryDisk, bit: number): MemoryDisk {
    const marked = new MemoryDisk(bytes.slice());
    const at = attributeOf(marked.bytes, 'secret', 'fileAttributes') + 1;
    marked.bytes[at] = (marked.bytes[at] ?? 0) | bit;
    return marked;
  }

  test('a file that is encrypted', async () => {
    const files = await fileSystem(marked(await disk(), 0x40)); // FILE_ATTRIBUTE_ENCRYPTED
    expect((await all(files.readdir('/'))).map(({ name }) => name)).toContain('secret');
    expect(await files.stat('/secret')).toMatchObject({ type: 'file', size: 10_000n });
    expect(await failed(files.read('/secret'))).toMatch(/^ENOTSUP .*encrypted/);
    expect(text(await files.read('/plain'))).toBe('plain');
  });

  test('reparse points', async () => {
    const honest = await disk();
    expect(Buffer.compare(await (await fileSystem(honest)).read('/secret'), noise('secret', 10_000))).toBe(0);
    const nothingSaysWhich = await fileSystem(marked(honest, 0x04)); // FILE_ATTRIBUTE_REPARSE_POINT
    expect(await failed(nothingSaysWhich.read('/secret'))).toMatch(/^ENOTSUP .*reparse point/);
    const kinds = { 2147483671: /CompactOS/, 2147483667: /deduplicated/, 2415943706: /cloud/, 2147483801: /reparse point/ };
    for (const [tag, words] of Object.entries(kinds)) {
      const files = await fileSystem(withReparsePoint(marked(honest, 0x04), Number(tag)));
      expect(await files.stat('/secret')).toMatchObject({ type: 'file', size: 10_000n });
      const told = await failed(files.read('/secret'));
      expect(told).toMatch(/^ENOTSUP/);
      expect(told).toMatch(words);
      expect(await failed(files.readlink('/secret'))).toMatch(/^EINVAL/);
    }
  });

  test('a symbolic link to another volume is told, and leads nowhere', async () => {
    const folder = await temporaryFolder();
    await symlink('/elsewhere', join(folder, 'absolute'));
    const files = await fileSystem(new MemoryDisk(new Uint8Array(await readFile(await ntfs(folder, '8M')))));
    expect(await files.readlink('/absolute')).toBe('C:/elsewhere');
    expect(await failed(files.read('/absolute'))).toMatch(/^ENOENT/);
  });

  /** The tag beside the contents of a file: behind its last attribute. */
  function withReparsePoint(disk: MemoryDisk, tag: number): MemoryDisk {
    const end = attributeOf(disk.bytes, 'secret', 'end');
    const view = new DataView(disk.bytes.buffer);
    const record = end - (end % 1024);
    view.setUint32(end, 0xc0, true);
    view.setUint32(end + 4, 32, true);
    view.setUint32(end + 8, 0, true); // resident, without a name
    view.setUint32(end + 12, 0, true);
    view.setUint32(end + 16, 8, true); // the length of its data
    view.setUint32(end + 20, 24, true); // and where they are
    view.setUint32(end + 24, tag, true);
    view.setUint32(end + 28, 0, true);
    view.setUint32(end + 32, 0xffffffff, true);
    view.setUint32(record + 0x18, end + 40 - record, true); // bytes in use
    return disk;
  }
});

test('a file of 4 GiB and a byte, all of it a hole but its ends', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'large'), 'the start');
  const image = await ntfs(folder, '16M');
  const { inode } = await (await filesOf(image)).stat('/large');
  await run('ntfstruncate', '-f', image, String(inode), '4294967297');
  const files = await filesOf(image);
  expect((await files.stat('/large')).size).toBe(2n ** 32n + 1n);
  expect(text(await files.read('/large', { end: 9n }))).toBe('the start');
  const end = await files.read('/large', { start: 2n ** 32n - 4096n });
  expect(Buffer.compare(end, Buffer.alloc(4097))).toBe(0);
  const before = files.reads.bytes;
  let length = 0n;
  for await (const { place, length: part } of files.places('/large')) if (place === undefined) length += part;
  expect(length).toBeGreaterThan(2n ** 32n - 65_536n);
  expect(files.reads.bytes - before).toBe(0);
});

test('what is compressed, fragmented, preallocated, deleted, or beside a file', async (context) => {
  const image = join(await temporaryFolder(), 'ntfs');
  const mount = await temporaryFolder();
  await run('truncate', '-s', '64M', image);
  await run('mkntfs', '-q', '-F', image);
  const mounted = await new Promise<boolean>((resolve) => {
    execFile('ntfs-3g', [image, mount, '-o', 'compression,streams_interface=windows'], (error) => resolve(error === null));
  });
  context.skip(!mounted, 'ntfs-3g cannot mount here: it needs /dev/fuse, and the right to mount');
  atEnd(() =>
    run('umount', mount).then(
      () => {},
      () => {},
    ),
  );
  const script = `set -e
    cd "$1"
    mkdir packed; python3 -c 'import os; os.setxattr("packed", "system.ntfs_attrib", (0x10000800).to_bytes(4, "little"))'
    seq 100000 >packed/text; head -c 300000 /dev/urandom >packed/noise; truncate -s 200000 packed/holes; echo end >>packed/holes
    for i in $(seq 200); do head -c 8192 /dev/urandom >>a; head -c 8192 /dev/urandom >>b; done
    truncate -s 1000000 holes; echo end >>holes; echo beside >a:stream; mkdir d; echo beside >d:stream
    echo gone >gone; rm gone; ln -s a link; chmod 444 b`;
  await run('bash', '-c', script, 'bash', mount);
  const wanted = new Map<string, Buffer>();
  const paths = ['packed/text', 'packed/noise', 'packed/holes', 'a', 'b', 'holes'];
  for (const path of paths) wanted.set(path, await readFile(join(mount, path)));
  await run('umount', mount);
  const files = await filesOf(image);
  const names = (await all(files.readdir('/'))).map(({ name }) => name);
  expect(names.sort()).toEqual(['a', 'b', 'd', 'holes', 'link', 'packed']);
  expect(await all(files.readdir('/d'))).toEqual([]);
  for (const [path, contents] of wanted) expect(Buffer.compare(await files.read(`/${path}`), contents), path).toBe(0);
  expect(await files.readlink('/link')).toBe('a');
  const { size, allocated = 0n } = await files.stat('/packed/text');
  expect(allocated).toBeLessThan(size);
});

test('a folder of 20,000, with few requests', async () => {
  const folder = await temporaryFolder();
  await run(
    'sh',
    '-c',
    'cd "$1" && mkdir many && cd many && seq -f "a_file_of_some_length_%.0f.txt" 20000 | xargs touch',
    'sh',
    folder,
  );
  const files = await filesOf(await ntfs(folder, '64M'));
  expect(await all(files.readdir('/many'))).toHaveLength(20_000);
  expect(files.reads.requests).toBeLessThan(30);
  expect(files.reads.bytes).toBeLessThan(24 * MiB);
});

test('a list of files beyond the bound is refused at once', async () => {
  const image = join(await temporaryFolder(), 'ntfs');
  await run('truncate', '-s', '300M', image);
  await run('mkntfs', '-q', '-F', image);
  const bytes = new Uint8Array(await readFile(image));
  const view = new DataView(bytes.buffer);
  const at = attributeOf(bytes, '$MFT', 'data');
  const size = BigInt(200 * MiB);
  for (const field of [0x28, 0x30, 0x38]) view.setBigUint64(at + field, size, true); // allocated, in use, written
  view.setBigUint64(at + 0x18, size / 4096n - 1n, true); // its last cluster
  const cluster = Number(view.getBigUint64(0x30, true));
  const runs = at + view.getUint16(at + 0x20, true);
  bytes.set([0x23, 0x00, 0xc8, 0x00, cluster & 0xff, cluster >> 8, 0], runs); // 0xc800 clusters
  const disk = new MemoryDisk(bytes);
  const opened = failed(fileSystem(disk, { type: 'ntfs' }));
  expect(await opened).toMatch(/^EFBIG .*MFT.* 209715200, and at most 134217728 are read/);
  expect(disk.requests.length).toBeLessThan(5);
});

test('an opening can be ended', async () => {
  const image = await ntfs(await plainTree(), '32M');
  const disk = new MemoryDisk(new Uint8Array(await readFile(image)));
  const controller = new AbortController();
  disk.before = async () => controller.abort(new Error('enough'));
  await expect(fileSystem(disk, { type: 'ntfs', signal: controller.signal })).rejects.toThrow('enough');
});
