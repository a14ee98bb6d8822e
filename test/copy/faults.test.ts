// copy() where things go wrong: servers that lose what they have acknowledged, and block status that lies.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTEXT_BASE_ALLOCATION, copy, NBDError, STATE_HOLE, STATE_ZERO } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { firstDifference, noise } from '../support/bytes.js';
import { connected, failure } from '../support/handles.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';

const MiB = 2 ** 20;
const hole = BigInt(STATE_HOLE);
const zero = BigInt(STATE_HOLE | STATE_ZERO);

/** A disk that loses all that was written since the last flush, so many times. */
class ForgetfulDisk extends MemoryDisk {
  #stable: Uint8Array;
  #unflushed: { offset: bigint; length: bigint }[] = [];
  #losses: number;

  constructor(size: number, losses: number) {
    super(noise(size, 99));
    this.#stable = this.bytes.slice();
    this.#losses = losses;
  }

  override async pwrite(buf: ArrayBufferView, offset: number | bigint): Promise<void> {
    await super.pwrite(buf, offset);
    this.#unflushed.push({ offset: BigInt(offset), length: BigInt(buf.byteLength) });
  }

  override async zero(count: number | bigint, offset: number | bigint): Promise<void> {
    await super.zero(count, offset);
    this.#unflushed.push({ offset: BigInt(offset), length: BigInt(count) });
  }

  override async flush(): Promise<void> {
    await super.flush();
    const ranges = this.#unflushed;
    this.#unflushed = [];
    if (this.#losses-- <= 0) {
      this.#stable = this.bytes.slice();
      return;
    }
    this.bytes.set(this.#stable);
    throw Object.assign(new NBDError('flush: the server died', 'ECONNRESET'), { ranges });
  }
}

describe('what a server lost before a flush', () => {
  const source = () => {
    const bytes = noise(5 * MiB + 512);
    bytes.fill(0, MiB, 2 * MiB); // the zeroes must come to be there as well
    return bytes;
  };

  test.for([1, 9])('is read from the source and written again, %d times', async (losses) => {
    const disk = new ForgetfulDisk(6 * MiB, losses);
    await copy(new Blob([source()]), disk);
    expect(firstDifference(disk.bytes.subarray(0, 5 * MiB + 512), source())).toBe(-1);
    expect(disk.requests.filter((request) => request === 'flush 0 0').length).toBe(losses + 1);
  });

  test('is given up in the end, with the error of the flush', async () => {
    const disk = new ForgetfulDisk(6 * MiB, 1000);
    expect(await failure(copy(new Blob([source()]), disk))).toMatchObject({ code: 'ECONNRESET' });
  });

  test('ends the copy where somebody else wrote, who is to hear of it', async () => {
    const disk = new ForgetfulDisk(6 * MiB, 1);
    await disk.pwrite(new Uint8Array(512), 6 * MiB - 512);
    const error = await failure(copy(new Blob([source()]), disk));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect((error as Error).cause).toMatchObject({
      ranges: expect.arrayContaining([{ offset: BigInt(6 * MiB - 512), length: 512n }]),
    });
  });

  test('cannot be had again from a stream', async () => {
    const disk = new ForgetfulDisk(6 * MiB, 1);
    expect(await failure(copy(new Blob([source()]).stream(), disk))).toMatchObject({ code: 'ECONNRESET' });
  });
});

test('a flush comes at least every 256 MiB, while more is written', async () => {
  const log = join(await temporaryFolder(), 'log');
  const source = await connected(await nbdkit('--filter=noextents', 'pattern', '1100M'));
  const destination = await connected(await nbdkit('--filter=log', 'null', '1100M', `logfile=${log}`));
  await copy(source, destination);
  let unflushed = 0;
  let most = 0;
  let flushes = 0;
  for (const line of (await readFile(log, 'utf8')).split('\n')) {
    const count = / (?:Write|Zero) id=\d+ offset=0x[0-9a-f]+ count=0x([0-9a-f]+)/.exec(line)?.[1];
    if (count !== undefined) unflushed += Number.parseInt(count, 16);
    if (/ Flush /.test(line)) {
      flushes++;
      most = Math.max(most, unflushed);
      unflushed = 0;
    }
  }
  expect(unflushed).toBe(0);
  expect(flushes).toBe(5);
  expect(most).toBeLessThanOrEqual(256 * MiB + 32 * MiB); // and what is in flight
});

test('flush: false asks for none', async () => {
  const disk = new MemoryDisk(MiB);
  await copy(new Blob([noise(MiB)]), disk, { flush: false });
  expect(disk.requests).not.toContain('flush 0 0');
});

describe('block status that lies', () => {
  const bytes = noise(4 * MiB);
  bytes.fill(0, MiB, 3 * MiB);

  test.for<[string, (offset: number) => (readonly [bigint, bigint])[]]>([
    [
      'has entries of length 0',
      (offset) => [
        [0n, zero],
        [0n, zero],
        [BigInt(Math.min(65536, 4 * MiB - offset)), 0n],
        [0n, zero],
      ],
    ],
    [
      'has entries beyond the end',
      (offset) => [
        [BigInt(4 * MiB - offset), 0n],
        [2n ** 62n, zero],
      ],
    ],
    ['has one entry longer than the disk', () => [[2n ** 63n, 0n]]],
    ['calls holes what is data', (offset) => [[BigInt(4 * MiB - offset), hole]]],
    ['has odd ends', (offset) => [[BigInt(Math.min(77_777, 4 * MiB - offset)), offset % 2 === 0 ? 0n : hole]]],
    ['tells nothing', () => []],
    ['tells entries of length 0 alone', () => [[0n, zero]]],
  ])('%s', async ([, extents]) => {
    const source = new MemoryDisk(bytes);
    source.extents = extents;
    const path = join(await temporaryFolder(), 'disk');
    await copy(source, path);
    expect(firstDifference(await readFile(path), bytes)).toBe(-1);
    expect((await stat(path)).blocks * 512).toBeLessThanOrEqual(2 * MiB);
  });

  test('zeroes that are none are found by verify alone', async () => {
    const source = new MemoryDisk(bytes);
    source.extents = (offset) => [[BigInt(4 * MiB - offset), zero]];
    const folder = await temporaryFolder();
    await copy(source, join(folder, 'disk'));
    expect((await readFile(join(folder, 'disk'))).every((byte) => byte === 0)).toBe(true);
    expect(await failure(copy(source, join(folder, 'other'), { verify: true }))).toMatchObject({ code: 'EIO' });
  });

  test('a real server that fails to tell is read', async () => {
    const content = join(await temporaryFolder(), 'content');
    await writeFile(content, bytes);
    const server = await nbdkit(
      'eval',
      'thread_model=echo parallel',
      `get_size=stat -c %s ${content}`,
      `pread=dd if=${content} skip=$4 count=$3 iflag=count_bytes,skip_bytes bs=64K 2>/dev/null`,
      'can_extents=exit 0',
      'extents=if [ "$4" -ge 1048576 ]; then echo EIO no >&2; exit 1; fi; echo 0 1048576',
    );
    const nbd = await connected(server, (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));
    const memory = new MemoryDisk(4 * MiB);
    await copy(nbd, memory);
    expect(firstDifference(memory.bytes, bytes)).toBe(-1);
  });
});
