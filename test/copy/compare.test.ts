// compare() and checksum(), with cmp, qemu-img and sha256sum as judges.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { CONTEXT_BASE_ALLOCATION, checksum, compare, type NBD } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { connected, failure } from '../support/handles.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';

const MiB = 2 ** 20;
const withExtents = (nbd: NBD) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);

describe('compare', () => {
  test('a disk and what nbdcopy makes of it are equal, and zeroes are not read', async () => {
    const server = await nbdkit('sparse-random', '1G');
    const other = await nbdkit('memory', '1G');
    await run('nbdcopy', server.uri, other.uri);
    const [a, b] = [await connected(server, withExtents), await connected(other, withExtents)];
    expect(await compare(a, b)).toEqual({ isEqual: true, first: undefined, ranges: [] });
    expect(a.statsBytesReceived()).toBeLessThan(BigInt(256 * MiB));
  });

  test('finds the byte that cmp finds, in files and disks', async () => {
    const folder = await temporaryFolder();
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    const bytes = noise(3 * MiB);
    await writeFile(one, bytes);
    bytes[1_234_567] = 255 - (bytes[1_234_567] as number);
    await writeFile(other, bytes);
    const { first, isEqual } = await compare(one, other);
    const told = await run('sh', '-c', `cmp "${one}" "${other}" || true`);
    expect(`${(first as bigint) + 1n}`).toBe(/byte (\d+)/.exec(told.toString())?.[1]); // cmp counts from 1
    expect(isEqual).toBe(false);
    const server = await connected(await nbdkit('file', one, '--readonly'));
    expect((await compare(server, other)).first).toBe(first);
  });

  test('finds all ranges that differ, as a comparison byte for byte does', async () => {
    const difference = fc.record({ at: fc.nat(300_000), count: fc.integer({ min: 1, max: 3000 }) });
    const property = fc.asyncProperty(
      fc.array(difference, { maxLength: 6 }),
      fc.constantFrom(1, 512, 4096),
      fc.nat(2000),
      fc.integer({ min: 1000, max: 70_000 }),
      async (differences, granularity, longer, requestSize) => {
        const bytes = noise(300_000);
        const other = new Uint8Array(300_000 + longer);
        other.set(bytes);
        for (const { at, count } of differences) other.fill(0, at, Math.min(at + count, 300_000));
        const differs = (i: number) => other[i] !== bytes[i];
        const expected: [number, number][] = [];
        let first: bigint | undefined;
        for (let start = 0; start < other.length; start += granularity) {
          const end = Math.min(start + granularity, other.length);
          let at = start;
          while (at < end && !differs(at)) at++;
          if (at === end) continue;
          first ??= BigInt(at);
          const last = expected.at(-1);
          if (last?.[1] === start) last[1] = end;
          else expected.push([start, end]);
        }
        const found = await compare(new Blob([bytes]), new MemoryDisk(other), { granularity, requestSize });
        const ranges = found.ranges.map(({ offset, length }) => [Number(offset), Number(offset + length)]);
        expect({ ...found, ranges }).toEqual({ isEqual: expected.length === 0, first, ranges: expected });
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test('stops at the first difference if it is told to', async () => {
    const bytes = noise(8 * MiB);
    const other = new MemoryDisk(bytes.slice());
    other.bytes[5] = 255 - (bytes[5] as number);
    other.bytes[7 * MiB] = 255 - (bytes[7 * MiB] as number);
    const found = await compare(new Blob([bytes]), other, { firstOnly: true, inFlight: 2, requestSize: 65536 });
    expect(found).toEqual({ isEqual: false, first: 5n, ranges: [{ offset: 0n, length: 512n }] });
    expect(other.requests.length).toBeLessThan(5);
  });

  test('takes no streams', async () => {
    expect(await failure(compare(new Blob(['x']).stream(), new MemoryDisk(1)))).toBeInstanceOf(TypeError);
  });

  test('an abort rejects with its reason', async () => {
    const nbd = await connected(await nbdkit('--filter=delay', 'memory', '64M', 'rdelay=10'));
    const abort = new AbortController();
    const comparing = failure(compare(nbd, new MemoryDisk(64 * MiB), { signal: abort.signal }));
    setTimeout(() => abort.abort('enough'));
    expect(await comparing).toBe('enough');
  });
});

describe('checksum', () => {
  test('is what sha256sum prints, of a disk, a file and a stream', async () => {
    const server = await nbdkit('sparse-random', '100M');
    const path = join(await temporaryFolder(), 'disk');
    await run('nbdcopy', server.uri, path);
    const [expected = ''] = (await run('sha256sum', path)).toString().split(' ');
    expect(await checksum(await connected(server, withExtents))).toBe(expected);
    expect(await checksum(path)).toBe(expected);
    expect(await checksum(createReadStream(path))).toBe(expected);
  });

  test('fails with the error of the read that failed', async () => {
    const nbd = await connected(await nbdkit('--filter=error', 'memory', '1M', 'error-pread=EIO', 'error-pread-rate=100%'));
    expect(await failure(checksum(nbd))).toMatchObject({ code: 'EIO' });
  });

  test('in pages is of our own making, and the same', async () => {
    const browser = await import(new URL('../../dist/browser.js', import.meta.url).href);
    const property = fc.asyncProperty(fc.array(fc.nat(300), { maxLength: 20 }), async (lengths) => {
      const chunks = lengths.map((length, i) => noise(length, i + 1));
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk);
          controller.close();
        },
      });
      const expected = createHash('sha256').update(Buffer.concat(chunks)).digest('hex');
      expect(await browser.checksum(stream)).toBe(expected);
    });
    await fc.assert(property, { numRuns: 200 });
    const long = noise(5 * MiB);
    expect(await browser.checksum(new Blob([long]))).toBe(createHash('sha256').update(long).digest('hex'));
  });
});
