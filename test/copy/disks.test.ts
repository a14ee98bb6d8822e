// copy() between disks and files: the bytes, and which of them become holes. nbdcopy and qemu-img are the judges.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTEXT_BASE_ALLOCATION, copy, type NBD } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { firstDifference, noise } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { dataBytes } from '../support/holes.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit, qemuNbd, type Server } from '../support/servers.js';

const MiB = 2 ** 20;

const withExtents = (nbd: NBD) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);

/** A file with data and holes, of a size that is no multiple of anything. */
async function sparseFile(folder: string): Promise<{ path: string; bytes: Uint8Array }> {
  const bytes = new Uint8Array(9 * MiB + 1234);
  bytes.set(noise(3 * MiB, 1), 5000);
  bytes.set(noise(700, 2), 6 * MiB + 100);
  bytes.set(noise(1000, 3), bytes.length - 1000);
  const path = join(folder, 'source.img');
  await writeFile(path, bytes);
  return { path, bytes };
}

/** How much of a disk its server says is data, by nbdinfo. */
async function allocated(server: Server): Promise<number> {
  const map = JSON.parse((await run('nbdinfo', '--map', '--json', server.uri)).toString()) as { length: number; type: number }[];
  return map.filter(({ type }) => type === 0).reduce((sum, { length }) => sum + length, 0);
}

describe('from a disk to a file', () => {
  test('has the bytes and the holes that nbdcopy leaves', async () => {
    const server = await nbdkit('sparse-random', '256M');
    const folder = await temporaryFolder();
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    const result = await copy(await connected(server, withExtents), ours);
    await run('nbdcopy', server.uri, theirs);
    await run('cmp', ours, theirs);
    expect(await dataBytes(ours)).toBeLessThanOrEqual(await dataBytes(theirs));
    expect(result.bytes).toBe(BigInt(256 * MiB));
    expect(result.written).toBeLessThan(BigInt(64 * MiB));
  });

  test('finds the zeroes in what it reads from a server that does not tell', async () => {
    const server = await nbdkit('--filter=noextents', 'sparse-random', '64M');
    const folder = await temporaryFolder();
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    await copy(await connected(server), ours);
    await run('nbdcopy', server.uri, theirs);
    await run('cmp', ours, theirs);
    expect(await dataBytes(ours)).toBeLessThanOrEqual(await dataBytes(theirs));
  });

  test('makes no holes with allocated', async () => {
    const server = await nbdkit('sparse-random', '16M');
    const path = join(await temporaryFolder(), 'disk');
    await copy(await connected(server, withExtents), path, { allocated: true });
    expect((await stat(path)).blocks * 512).toBeGreaterThanOrEqual(16 * MiB);
    await run('nbdcopy', server.uri, `${path}.2`);
    await run('cmp', path, `${path}.2`);
  });

  test('writes no run of zeroes as a hole with sparse: 0', async () => {
    const server = await nbdkit('memory', '1M');
    const path = join(await temporaryFolder(), 'disk');
    await copy(await connected(server), path, { sparse: 0 });
    expect((await stat(path)).blocks * 512).toBeGreaterThanOrEqual(MiB);
  });

  test('replaces all of a longer file that is there already', async () => {
    const server = await nbdkit('sparse-random', '4M');
    const path = join(await temporaryFolder(), 'disk');
    await writeFile(path, noise(5 * MiB));
    await copy(await connected(server, withExtents), path);
    await run('nbdcopy', server.uri, `${path}.2`);
    await run('cmp', path, `${path}.2`);
  });

  test('copies over several connections', async () => {
    const server = await nbdkit('pattern', '64M');
    const path = join(await temporaryFolder(), 'disk');
    const disks = await Promise.all([1, 2, 3, 4].map(() => connected(server, withExtents)));
    await copy(disks, path);
    await run('nbdcopy', server.uri, `${path}.2`);
    await run('cmp', path, `${path}.2`);
    for (const disk of disks) expect(disk.statsChunksSent()).toBeGreaterThan(5n);
  });
});

describe('from a file to a disk', () => {
  test('has the bytes, and zeroes what is zero', async () => {
    const folder = await temporaryFolder();
    const { path, bytes } = await sparseFile(folder);
    const server = await nbdkit('memory', String(16 * MiB));
    const nbd = await connected(server);
    await nbd.pwrite(noise(16 * MiB, 9), 0n); // old data, which must go
    await copy(path, nbd);
    expect(firstDifference(await nbd.readFully(bytes.length, 0), bytes)).toBe(-1);
    expect(
      firstDifference((await nbd.readFully(16 * MiB, 0)).subarray(bytes.length), noise(16 * MiB, 9).subarray(bytes.length)),
    ).toBe(-1);
    expect(await allocated(server)).toBeLessThan(12 * MiB);
  });

  test.for<[string, string[]]>([
    ['a server that cannot zero', ['--filter=nozero', 'memory', '16M']],
    ['a server that neither zeroes nor flushes', ['--filter=nozero', '--filter=fua', 'memory', '16M', 'fuamode=discard']],
    [
      'a server with large blocks',
      [
        '--filter=blocksize-policy',
        'memory',
        '16M',
        'blocksize-minimum=4096',
        'blocksize-preferred=65536',
        'blocksize-maximum=262144',
        'blocksize-error-policy=error',
      ],
    ],
  ])('to %s', async ([, args]) => {
    const { path, bytes } = await sparseFile(await temporaryFolder());
    const nbd = await connected(await nbdkit(...args));
    const before = noise(16 * MiB, 9);
    for (let at = 0; at < before.length; at += 65536) await nbd.pwrite(before.subarray(at, at + 65536), at);
    await copy(path, nbd, { requestSize: MiB });
    const all = await nbd.readFully(16 * MiB, 0);
    expect(firstDifference(all.subarray(0, bytes.length), bytes)).toBe(-1);
    expect(firstDifference(all.subarray(bytes.length), before.subarray(bytes.length))).toBe(-1);
  });

  test('asks for zeroes that are allocated with allocated, and never trims', async () => {
    const folder = await temporaryFolder();
    const { path } = await sparseFile(folder);
    const log = join(folder, 'log');
    const requests = async (allocated: boolean) => {
      await writeFile(log, '');
      await copy(path, await connected(await nbdkit('--filter=log', 'memory', '16M', `logfile=${log}`)), { allocated });
      return (await readFile(log, 'utf8')).split('\n').filter((line) => / (Zero|Trim) id=/.test(line));
    };
    const [holes, none] = [await requests(false), await requests(true)];
    expect(holes.length).toBeGreaterThan(0);
    expect(none.length).toBe(holes.length);
    for (const line of holes) expect(line).toMatch(/ Zero .*trim=1/);
    for (const line of none) expect(line).toMatch(/ Zero .*trim=0/);
  });

  test('writes no zeroes to a disk that is promised to be zero', async () => {
    const { path, bytes } = await sparseFile(await temporaryFolder());
    const nbd = await connected(await nbdkit('--filter=error', 'memory', '16M', 'error-zero=EIO', 'error-zero-rate=100%'));
    await expect(copy(path, nbd)).rejects.toMatchObject({ code: 'EIO' });
    const other = await connected(await nbdkit('--filter=error', 'memory', '16M', 'error-zero=EIO', 'error-zero-rate=100%'));
    await copy(path, other, { destinationIsZero: true });
    expect(firstDifference(await other.readFully(bytes.length, 0), bytes)).toBe(-1);
  });

  test('copies over several connections, if the server has promised that they are one', async () => {
    const { path, bytes } = await sparseFile(await temporaryFolder());
    const server = await nbdkit('memory', '16M');
    const first = await connected(server);
    await copy(path, [first, await connected(server), await connected(server)]);
    expect(firstDifference(await first.readFully(bytes.length, 0), bytes)).toBe(-1);
    const without = await nbdkit('--filter=multi-conn', 'memory', '16M', 'multi-conn-mode=disable');
    const others = await Promise.all([1, 2].map(() => connected(without)));
    await expect(copy(path, others)).rejects.toMatchObject({ code: 'ENOTSUP' });
  });
});

test('from a disk to another, a qcow2 image, is what qemu-img finds to be the same', async () => {
  const source = await nbdkit('sparse-random', '128M');
  const destination = await qemuNbd({ format: 'qcow2', size: 128 * MiB });
  await copy(await connected(source, withExtents), await connected(destination));
  await run('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', source.uri, destination.uri);
  expect(await allocated(destination)).toBeLessThanOrEqual(2 * (await allocated(source)) + MiB);
});
