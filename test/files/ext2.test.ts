// ext2, ext3 and ext4 by libext2fs: every file of a tree, and what file systems are hard about.
import { lstat, readdir, readFile, readlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DirectoryEntry, type FileSystem, fileSystem, type NBDError } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { run, temporaryFolder } from '../support/processes.js';
import { debugfs, filesOf, handleOn, MiB, mke2fs, noise, tree } from './trees.js';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const types: Readonly<Record<string, string>> = { isFile: 'file', isDirectory: 'directory', isSymbolicLink: 'symlink' };

/** Compares a directory, and all that is below, with the folder that it was made of. Returns how many names there were. */
async function compare(files: FileSystem, folder: Buffer, path: Buffer): Promise<number> {
  const below = (base: Buffer, name: Buffer) => Buffer.concat([base, Buffer.from('/'), name]);
  const names = await readdir(folder, { encoding: 'buffer' });
  const entries = (await all(files.readdir(path))).filter(({ name }) => name !== 'lost+found');
  const nameOf = ({ name, bytes }: DirectoryEntry) => Buffer.from(bytes ?? Buffer.from(name));
  expect(entries.map((entry) => nameOf(entry).toString('hex')).sort()).toEqual(names.map((name) => name.toString('hex')).sort());
  let count = 0;
  for (const entry of entries) {
    count++;
    const [there, here] = [below(folder, nameOf(entry)), below(path, nameOf(entry))];
    const wanted = await lstat(there, { bigint: true });
    const type = Object.keys(types).find((name) => (wanted as unknown as Record<string, () => boolean>)[name]?.());
    expect(entry).toMatchObject({
      type: types[type ?? ''],
      mode: Number(wanted.mode & 0o7777n),
      uid: Number(wanted.uid),
      gid: Number(wanted.gid),
    });
    const stat = await files.stat(here, { followLinks: false });
    const { name: _name, bytes, ...known } = entry;
    expect(known).toEqual(stat);
    expect(bytes?.buffer.byteLength).toBe(bytes?.length); // whoever moves it away takes no other name
    if (entry.type === 'directory') {
      count += await compare(files, there, here);
    } else if (entry.type === 'symlink') {
      expect(await files.readlink(here)).toBe(await readlink(there));
    } else {
      expect(stat).toMatchObject({ size: wanted.size, links: Number(wanted.nlink) });
      expect((stat.mtimeNs ?? 0n) / 10n ** 9n).toBe(wanted.mtimeNs / 10n ** 9n); // mke2fs keeps no more
      expect(Buffer.compare(await files.read(here), await readFile(there))).toBe(0);
    }
  }
  return count;
}

test.for([
  ['ext2', []],
  ['ext3', ['-b', '1024']],
  ['ext4', []],
  ['ext4', ['-b', '1024', '-I', '128', '-O', '^metadata_csum,^64bit']],
  ['ext4', ['-O', 'inline_data', '-I', '1024']],
  ['ext4', ['-O', 'meta_bg,^resize_inode,bigalloc', '-C', '65536']],
] as const)('%s made with %j: all files of a tree', async ([type, options]) => {
  const folder = await tree();
  const image = await mke2fs(type, folder, '128M', ...options);
  const files = await filesOf(image);
  expect(files.info).toMatchObject({ type, label: 'a label', warnings: [] });
  expect(await compare(files, Buffer.from(folder), Buffer.from(''))).toBe(525);
  expect(await all(files.readdir('/'))).toHaveLength(14);
});

describe('paths', () => {
  test('lead through links, and to errors', async () => {
    const folder = await tree();
    const files = await filesOf(await mke2fs('ext4', folder, '64M'));
    const one = await readFile(join(folder, 'one'));
    for (const path of ['/one', 'one', '//one', '/link', '/absolute', '/again', '/deep/../one', '/many/./../one/']) {
      expect(Buffer.compare(await files.read(path), one)).toBe(0);
    }
    expect(Buffer.from(await files.read('/long-link')).toString()).toBe('deep\n');
    expect(await files.stat('/')).toMatchObject({ type: 'directory', inode: 2n });
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => 'resolved',
        (error: NBDError) => [error.code, error.message],
      );
    expect(await code(files.read('/nosuch'))).toEqual(['ENOENT', expect.stringMatching(/^read: \/nosuch: libext2fs: /)]);
    expect(await code(files.read('/one/below'))).toEqual(['ENOTDIR', expect.stringContaining('/one/below')]);
    expect(await code(files.stat('/loop'))).toEqual(['ELOOP', expect.stringContaining('/loop')]);
    expect(await code(files.read('/many'))).toEqual(['EISDIR', 'read: /many: it is a directory']);
    expect(await code(files.readlink('/one'))).toEqual(['EINVAL', 'readlink: /one: it is no symbolic link']);
    expect(await code(all(files.readdir('/one')))).toEqual(['ENOTDIR', 'readdir: /one: it is no directory']);
    expect(await code(files.stat('/a\0b'))).toEqual(['EINVAL', 'stat: a path has no NUL']);
    await expect(files.stat(5 as unknown as string)).rejects.toThrow(TypeError);
    expect(await files.stat('/loop', { followLinks: false })).toMatchObject({ type: 'symlink' });
  });
});

describe('contents', () => {
  test('of space that was allocated and never written are zeroes, whatever is on the disk', async () => {
    const image = join(await temporaryFolder(), 'image');
    await writeFile(image, Buffer.alloc(32 * MiB, 0xaa));
    await run('mke2fs', '-q', '-F', '-t', 'ext4', '-E', 'nodiscard', image);
    const source = join(await temporaryFolder(), 'file');
    await writeFile(source, noise('preallocated', 10_000));
    await debugfs(image, `write ${source} file`, 'fallocate file 3 200', 'sif file size 500000');
    const expected = Buffer.alloc(500_000);
    noise('preallocated', 10_000).copy(expected);
    const files = await filesOf(image);
    expect(Buffer.compare(await files.read('/file'), expected)).toBe(0);
    expect(await all(files.places('/file'))).toEqual([
      { offset: 0n, length: 10_240n, place: expect.any(BigInt) },
      { offset: 10_240n, length: 489_760n, place: undefined },
    ]);
  });

  test('of 4 GiB and a byte, nearly all of it holes, at both ends', async () => {
    const folder = await temporaryFolder();
    const size = 2 ** 32 + 1;
    await writeFile(join(folder, 'large'), 'start');
    await truncate(join(folder, 'large'), size);
    const image = await mke2fs('ext4', undefined, '64M');
    await debugfs(image, `write ${join(folder, 'large')} large`);
    const files = await filesOf(image);
    expect((await files.stat('/large')).size).toBe(BigInt(size));
    expect(Buffer.from(await files.read('/large', { end: 8 })).toString()).toBe('start\0\0\0');
    expect(Buffer.from(await files.read('/large', { start: size - 3 }))).toEqual(Buffer.alloc(3));
    expect(Buffer.from(await files.read('/large', { start: size + 5 }))).toHaveLength(0);
    const before = files.reads.requests;
    let count = 0;
    for await (const chunk of await files.readable('/large', { start: 5, end: 2 ** 29 })) count += chunk.length;
    expect(count).toBe(2 ** 29 - 5);
    expect(files.reads.requests - before).toBeLessThan(4);
  });

  test('of a file as a disk: any part, with its holes', async () => {
    const folder = await tree();
    const files = await filesOf(await mke2fs('ext4', folder, '64M', '-b', '4096'));
    const disk = await files.disk('/six');
    const six = await readFile(join(folder, 'six'));
    for (const [at, count] of [
      [0, 1],
      [12_345, 100_000],
      [six.length - 10, 10],
    ] as const) {
      expect(Buffer.compare(await disk.pread(count, at), six.subarray(at, at + count))).toBe(0);
    }
    await expect(disk.pread(2, six.length - 1)).rejects.toThrow(expect.objectContaining({ code: 'EINVAL' }));
    await expect(disk.pwrite(new Uint8Array(1), 0)).rejects.toThrow(expect.objectContaining({ code: 'EROFS' }));
    const holes = await files.disk('/holes');
    const status = await holes.blockStatusArrays(3 * MiB + 7, 0);
    expect([...(status.get('base:allocation') ?? [])]).toEqual([
      4096n,
      0n,
      BigInt(MiB - 4096),
      3n,
      4096n,
      0n,
      BigInt(2 * MiB - 4096),
      3n,
      7n,
      0n,
    ]);
  });

  test('of blocks that are mapped one by one, more than are told at a time', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), noise('blocks', 40 * MiB + 11));
    const files = await filesOf(await mke2fs('ext3', folder, '64M', '-b', '1024'));
    expect(Buffer.compare(await files.read('/file'), await readFile(join(folder, 'file')))).toBe(0);
  });

  test('of a thousand pieces', async () => {
    const image = await mke2fs('ext4', undefined, '64M', '-b', '1024');
    const source = join(await temporaryFolder(), 'file');
    await writeFile(source, noise('pieces', 2 * MiB));
    // Every other block of the file is taken away.
    const punches = Array.from({ length: 1000 }, (_, i) => `punch file ${2 * i + 1} ${2 * i + 1}\n`).join('');
    const script = join(await temporaryFolder(), 'script');
    await writeFile(script, `write ${source} file\n${punches}`);
    await run('debugfs', '-w', '-f', script, image);
    const expected = noise('pieces', 2 * MiB);
    for (let i = 0; i < 1000; i++) expected.fill(0, (2 * i + 1) * 1024, (2 * i + 2) * 1024);
    const files = await filesOf(image);
    expect(Buffer.compare(await files.read('/file'), expected)).toBe(0);
  });
});

test('a directory of 5,000 files', async () => {
  const folder = await temporaryFolder();
  await run('sh', '-c', 'cd "$1" && mkdir d && cd d && seq 5000 | sed s/^/name-/ | xargs touch', 'sh', folder);
  const files = await filesOf(await mke2fs('ext4', folder, '64M', '-N', '10000'));
  const before = files.reads.requests;
  const names = (await all(files.readdir('/d'))).map(({ name }) => name);
  expect(new Set(names).size).toBe(5000);
  expect(files.reads.requests - before).toBeLessThan(30);
});

test('of 1 TiB little is read', async () => {
  const folder = await tree();
  const files = await filesOf(await mke2fs('ext4', folder, '1T'));
  const reads = async (work: () => Promise<unknown>) => {
    const before = files.reads.requests;
    await work();
    return files.reads.requests - before;
  };
  expect(await reads(() => all(files.readdir('/')))).toBeLessThanOrEqual(10);
  expect(await reads(() => all(files.readdir('/many')))).toBeLessThanOrEqual(12);
  expect(await reads(() => files.read('/one'))).toBeLessThanOrEqual(8);
});

test('of a partition', async () => {
  const image = await mke2fs('ext4', undefined, '16M');
  const whole = join(await temporaryFolder(), 'disk');
  await writeFile(whole, Buffer.concat([Buffer.alloc(MiB), await readFile(image), Buffer.alloc(MiB)]));
  await run('sh', '-c', 'printf "label: gpt\\nstart=2048, size=32768\\n" | sfdisk --quiet --no-reread "$1"', 'sh', whole);
  const nbd = await handleOn(whole);
  await expect(fileSystem(nbd)).rejects.toThrow(/partition table \(gpt\): name one of its partitions, 1 \(ext4\)/);
  const files = await fileSystem(nbd, { partition: { start: BigInt(MiB), size: BigInt(16 * MiB) } });
  expect((await all(files.readdir('/'))).map(({ name }) => name)).toEqual(['lost+found']);
});

describe('what is wrong is said', () => {
  test('a disk without a file system', async () => {
    const image = join(await temporaryFolder(), 'empty');
    await writeFile(image, Buffer.alloc(MiB));
    await expect(filesOf(image)).rejects.toThrow(expect.objectContaining({ code: 'ENOTSUP' }));
  });

  test('one that no engine reads, by its name', async () => {
    const image = join(await temporaryFolder(), 'swap');
    await writeFile(image, Buffer.alloc(MiB));
    await run('mkswap', '-q', image);
    await expect(filesOf(image)).rejects.toThrow(/no engine reads swap\. What can be read: ext2, ext3, ext4/);
  });

  test('a type that it is not', async () => {
    const image = join(await temporaryFolder(), 'none');
    await writeFile(image, Buffer.alloc(MiB));
    const opened = handleOn(image).then((nbd) => fileSystem(nbd, { type: 'ext4' }));
    await expect(opened).rejects.toThrow(expect.objectContaining({ code: 'EUCLEAN' }));
  });

  test('a sector that cannot be read, with its place', async () => {
    const folder = await tree();
    const image = await mke2fs('ext4', folder, '64M');
    const [first] = await all((await filesOf(image)).places('/one'));
    const bad = Number(first?.place);
    const script = `if [ "$1" = pread ]; then
        if [ $4 -le ${bad} ] && [ $(($4 + $3)) -gt ${bad} ]; then echo EIO bad sector >&2; exit 1; fi
        exec dd if=${image} iflag=skip_bytes,count_bytes skip=$4 count=$3 status=none
      fi
      case "$1" in get_size) echo $((64 << 20));; thread_model) echo parallel;; *) exit 2;; esac`;
    const { NBD } = await import('libnbd-wasm');
    const nbd = await NBD.create();
    await nbd.connectCommand([
      'nbdkit',
      '-s',
      '--threads=1',
      'eval',
      `get_size=echo $((64 << 20))`,
      `pread=set -- pread "$@"; set -- pread "" "$4" "$5"; ${script}`,
    ]);
    const files = await fileSystem(nbd);
    await expect(files.read('/one')).rejects.toThrow(
      expect.objectContaining({ code: 'EIO', message: expect.stringContaining(`offset ${bad}`) }),
    );
    expect(Buffer.from(await files.read('/tiny')).toString()).toContain('inode');
    nbd.close();
  });

  test('a signal that was aborted', async () => {
    const files = await filesOf(await mke2fs('ext4', undefined, '16M'));
    const reason = new Error('enough');
    await expect(files.stat('/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
