// copy() and the files of Node: names, what is left after a failure, and what is refused.
import { chown, link, mkdir, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CONTEXT_BASE_ALLOCATION, CopyError, copy, type NBD } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { connected, failure } from '../support/handles.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';

const MiB = 2 ** 20;

const withExtents = (nbd: NBD) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);

/** A disk of 2 MiB whose second half cannot be read. */
const halfBroken = () =>
  nbdkit(
    'eval',
    'thread_model=echo parallel',
    'get_size=echo 2097152',
    'pread=if [ "$4" -ge 1048576 ]; then echo EIO sectors are bad >&2; exit 1; fi; dd if=/dev/zero count=$3 iflag=count_bytes | tr "\\0" x',
  );

test('a new file has another name until it is complete', async () => {
  const folder = await temporaryFolder();
  const disk = new MemoryDisk(noise(MiB));
  const names: string[][] = [];
  disk.before = async () => void names.push(await readdir(folder));
  await copy(disk, join(folder, 'disk'));
  for (const there of names) expect(there).toEqual(['disk.partial']);
  expect(await readdir(folder)).toEqual(['disk']);
});

test('a new file that could not be completed is removed, and the error says how far it came', async () => {
  const folder = await temporaryFolder();
  const error = await failure(copy(await connected(await halfBroken()), join(folder, 'disk'), { inFlight: 1, requestSize: MiB }));
  expect(error).toBeInstanceOf(CopyError);
  expect(error).toMatchObject({ code: 'EIO', bytes: 1048576n });
  expect((error as Error).message).toMatch(/^copy: nbd_pread: .*\(1048576 of 2097152 bytes were copied\)$/);
  expect(await readdir(folder)).toEqual([]);
});

test('a file that is there is written in place, and has what was copied when that fails', async () => {
  const path = join(await temporaryFolder(), 'disk');
  await writeFile(path, noise(3 * MiB));
  const { ino } = await stat(path);
  await failure(copy(await connected(await halfBroken()), path, { inFlight: 1, requestSize: MiB }));
  const bytes = await readFile(path);
  expect(bytes.subarray(0, MiB).every((byte) => byte === 120)).toBe(true);
  expect((await stat(path)).ino).toBe(ino);
});

test('a file that is the source as well is refused, under whatever name, and stays', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'disk');
  await writeFile(path, noise(1000));
  await symlink(path, join(folder, 'link'));
  for (const other of [path, join(folder, 'link'), pathToFileURL(path)]) {
    expect(await failure(copy(path, other))).toMatchObject({ code: 'EINVAL' });
  }
  expect(firstDifference(await readFile(path), noise(1000))).toBe(-1);
});

test('a destination that is too small is refused before the first byte', async () => {
  const folder = await temporaryFolder();
  const [path, log] = [join(folder, 'disk'), join(folder, 'log')];
  await writeFile(path, noise(MiB + 1));
  const nbd = await connected(await nbdkit('--filter=log', 'memory', '1M', `logfile=${log}`));
  const error = await failure(copy(path, nbd));
  expect(error).toMatchObject({ code: 'ENOSPC' });
  expect(error).not.toBeInstanceOf(CopyError);
  expect(await readFile(log, 'utf8')).not.toMatch(/ (Write|Zero) /);
});

test('file handles are used from their beginning, and stay open', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'disk');
  await writeFile(path, noise(2 * MiB));
  await using source = await open(path, 'r');
  await using destination = await open(`${path}.2`, 'w+');
  await copy(source, destination);
  await copy(await connected(await nbdkit('pattern', '1M')), destination);
  expect((await source.stat()).size).toBe(2 * MiB);
  expect(firstDifference(await readFile(`${path}.2`), pattern(0, MiB))).toBe(-1);
});

test('an empty disk becomes an empty file', async () => {
  const path = join(await temporaryFolder(), 'disk');
  expect(await copy(await connected(await nbdkit('null', '0')), path)).toEqual({ bytes: 0n, written: 0n });
  expect((await stat(path)).size).toBe(0);
});

test('what cannot be opened is an error that names it', async () => {
  const folder = await temporaryFolder();
  const nbd = await connected(await nbdkit('memory', '1M'));
  expect(await failure(copy(join(folder, 'nothing'), nbd))).toMatchObject({ code: 'ENOENT' });
  expect(await failure(copy(nbd, join(folder, 'no', 'folder')))).toMatchObject({ code: 'ENOENT' });
  await mkdir(join(folder, 'folder'));
  expect(await failure(copy(nbd, join(folder, 'folder')))).toMatchObject({ code: 'EISDIR' });
});

test('a TypeError says what is no source, and which options do not fit', async () => {
  const disk = new MemoryDisk(MiB);
  const path = join(await temporaryFolder(), 'disk');
  const cases: [() => Promise<unknown>, RegExp][] = [
    [() => copy(5 as never, disk), /the source must be a disk, a file or a stream, not 5/],
    [() => copy(disk, {} as never), /the destination must be a disk, a file or a stream, not an object/],
    [() => copy('nbd://localhost', disk), /the source is a URI: connect to nbd:\/\/localhost first/],
    [() => copy(disk, new WritableStream(), { verify: true }), /verify needs ends that can be read again/],
    [() => copy(disk, new MemoryDisk(MiB), { resume: true }), /resume needs .* the path of a regular file/],
    [() => copy(disk, path, { resume: true, flush: false }), /resume needs flush/],
    [() => copy(disk, path, { onlyDirty: 'base:allocation' }), /onlyDirty must be a metadata context qemu:dirty-bitmap:NAME/],
    [() => copy(path, disk, { onlyDirty: 'qemu:dirty-bitmap:a' }), /onlyDirty needs a disk to copy from/],
    [() => copy(disk, path, { sparse: '4k' as never }), /sparse must be a number/],
  ];
  for (const [call, text] of cases) {
    const error = await failure(call);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(text);
  }
  expect(await failure(copy(disk, path, { inFlight: 0 }))).toBeInstanceOf(RangeError);
});

test('verify finds a file that does not have what was written', async () => {
  const folder = await temporaryFolder();
  const disk = new MemoryDisk(noise(MiB));
  const path = join(folder, 'disk');
  await copy(disk, path, { verify: true });
  // The source has changed when it is read again.
  let reads = 0;
  disk.before = async () => {
    if (++reads > 1) disk.bytes[777_777] = ~(noise(MiB)[777_777] as number);
  };
  const error = await failure(copy(disk, join(folder, 'other'), { verify: true }));
  expect(error).toMatchObject({ code: 'EIO', message: expect.stringContaining('read back at offset 777777 differs') });
  expect(await readdir(folder)).toEqual(['disk']);
});

test('progress tells bytes, total and rate, and ends with all', async () => {
  const path = join(await temporaryFolder(), 'disk');
  const seen: { phase: string; bytes: bigint; total: bigint | undefined; rate: number }[] = [];
  const nbd = await connected(await nbdkit('sparse-random', '64M'), withExtents);
  await copy(nbd, path, { progress: (progress) => void seen.push(progress), verify: true });
  const all = BigInt(64 * MiB);
  expect(seen.findLast(({ phase }) => phase === 'copy')).toMatchObject({ bytes: all, total: all });
  expect(seen.findLast(({ phase }) => phase === 'verify')).toMatchObject({ bytes: all, total: all });
  for (const { rate } of seen) expect(rate).toBeGreaterThanOrEqual(0);
});

test('an exception of progress ends the copy, as it is', async () => {
  const folder = await temporaryFolder();
  const thrown = new Error('enough');
  const progress = () => {
    throw thrown;
  };
  expect(await failure(copy(new MemoryDisk(noise(MiB)), join(folder, 'disk'), { progress }))).toBe(thrown);
  expect(await readdir(folder)).toEqual([]);
});

test('an abort rejects with its reason, and leaves nothing behind', async () => {
  const folder = await temporaryFolder();
  const nbd = await connected(await nbdkit('--filter=delay', 'pattern', '64M', 'rdelay=50ms'));
  const abort = new AbortController();
  const reason = new Error('stop');
  const copying = copy(nbd, join(folder, 'disk'), { signal: abort.signal, inFlight: 2 });
  while (!(await readdir(folder)).includes('disk.partial'));
  abort.abort(reason);
  expect(await failure(copying)).toBe(reason);
  expect(await readdir(folder)).toEqual([]);
});

test('a block device has a size, and is written in place', async ({ skip }) => {
  const folder = await temporaryFolder();
  const image = join(folder, 'image');
  await writeFile(image, noise(MiB));
  let device: string;
  try {
    device = (await run('losetup', '--find', '--show', image)).toString().trim();
  } catch {
    return skip('no loop device can be made here');
  }
  try {
    const memory = new MemoryDisk(MiB);
    expect(await copy(device, memory)).toMatchObject({ bytes: BigInt(MiB) });
    expect(firstDifference(memory.bytes, noise(MiB))).toBe(-1);
    expect(await failure(copy(new MemoryDisk(MiB + 512), device))).toMatchObject({ code: 'ENOSPC' });
    await copy(new MemoryDisk(new Uint8Array(MiB / 2)), device);
    const expected = noise(MiB).fill(0, 0, MiB / 2);
    expect(firstDifference(await readFile(device), expected)).toBe(-1);
  } finally {
    await run('losetup', '--detach', device);
  }
});

describe('what has the name NAME.partial already', () => {
  const there = async () => {
    const path = join(await temporaryFolder(), 'disk');
    return { path, partial: `${path}.partial`, disk: new MemoryDisk(noise(MiB)) };
  };

  test('gives way to a file of the copy itself, and is not written, whatever its other names', async () => {
    const { path, partial, disk } = await there();
    await writeFile(`${path}.other`, 'precious');
    await link(`${path}.other`, partial);
    await copy(disk, path, { resume: true });
    expect(await readFile(`${path}.other`, 'utf8')).toBe('precious');
    expect(firstDifference(await readFile(path), disk.bytes)).toBe(-1);
  });

  test('is not gone on with when it is of somebody else, who may own the folder', async ({ skip }) => {
    if (process.geteuid?.() !== 0) return skip('only root can give a file to somebody else');
    const { path, partial, disk } = await there();
    await writeFile(partial, '');
    for (const name of [partial, dirname(path)]) await chown(name, 12345, 12345);
    await copy(disk, path, { resume: true });
    expect(await stat(path)).toMatchObject({ uid: 0 });
  });

  test('is not written by a copy of another source, while the first still writes it', async () => {
    const { path, disk } = await there();
    const other = new MemoryDisk(noise(MiB).reverse());
    let second: Promise<unknown> | undefined;
    disk.before = async () => {
      second ??= copy(other, path, { resume: true });
      await second;
    };
    expect(await failure(copy(disk, path, { resume: true, requestSize: MiB / 8, inFlight: 1 }))).toMatchObject({ code: 'EBUSY' });
    expect(firstDifference(await readFile(path), other.bytes)).toBe(-1);
  });

  test('is refused when it is no file, and stays', async () => {
    for (const make of [(name: string) => run('mkfifo', name), (name: string) => symlink('elsewhere', name), mkdir]) {
      const { path, partial, disk } = await there();
      await make(partial);
      for (const resume of [false, true]) expect(await failure(copy(disk, path, { resume }))).toMatchObject({ code: 'EEXIST' });
      expect(await readdir(dirname(path))).toEqual(['disk.partial']);
    }
  });

  test('is refused when it is the source, and stays', async () => {
    const { path, partial } = await there();
    await writeFile(partial, 'precious');
    expect(await failure(copy(partial, path))).toMatchObject({ code: 'EINVAL' });
    expect(await readFile(partial, 'utf8')).toBe('precious');
  });

  test('and replaces the file of a copy under way does not get its name, and stays', async () => {
    const { path, partial, disk } = await there();
    disk.before = async () => {
      await rm(partial, { force: true });
      await writeFile(partial, 'incomplete');
    };
    expect(await failure(copy(disk, path))).toMatchObject({ code: 'EBUSY' });
    expect(await readdir(dirname(path))).toEqual(['disk.partial']);
    expect(await readFile(partial, 'utf8')).toBe('incomplete');
  });
});
