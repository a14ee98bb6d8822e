// What streams over a disk ask of the server: nbdkit's log filter has each request.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CMD_FLAG_FUA, CONTEXT_BASE_ALLOCATION, type NBD } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';

const KiB = 2 ** 10;
const MiB = 2 ** 20;

interface Logged {
  kind: string;
  offset: number;
  count: number;
  isFua: boolean;
}

/** A handle on nbdkit, and what has been asked of its plugin since the last time, in the order of the disk. */
async function logged(...args: string[]): Promise<{ nbd: NBD; requests(): Promise<Logged[]> }> {
  const file = join(await temporaryFolder(), 'log');
  const nbd = await connected(await nbdkit('--filter=log', ...args, `logfile=${file}`), (nbd) => {
    nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  });
  let seen = 0;
  const requests = async () => {
    const log = await readFile(file, 'utf8');
    const lines = log.slice(seen).split('\n');
    seen = log.length;
    return lines.flatMap((line) => {
      const [, kind = '', offset, count] = /connection=1 (\w+) id=\d+ offset=(\w+) count=(\w+) .*\.\.\.$/.exec(line) ?? [];
      return offset === undefined
        ? []
        : [{ kind, offset: Number(offset), count: Number(count), isFua: line.includes(' fua=1 ') }];
    });
  };
  return { nbd, requests: async () => (await requests()).sort((a, b) => a.offset - b.offset) };
}

async function write(nbd: NBD, bytes: Uint8Array, options: Parameters<NBD['writable']>[0]): Promise<void> {
  const writer = nbd.writable(options).getWriter();
  await writer.write(bytes);
  await writer.close();
}

async function read(nbd: NBD, options: Parameters<NBD['readable']>[0]): Promise<number> {
  let length = 0;
  const reader = nbd.readable(options).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) length += next.value.length;
  return length;
}

const brief = (requests: readonly Logged[]) => requests.map(({ kind, offset, count }) => [kind, offset, count]);
const ofKind = (requests: readonly Logged[], kind: string) => brief(requests.filter((request) => request.kind === kind));

describe('writable', () => {
  // 64 KiB of noise, 128 KiB of zeroes, 64 KiB of noise with a few zeroes in it.
  const bytes = noise(256 * KiB);
  bytes.fill(0, 64 * KiB, 192 * KiB);
  bytes.fill(0, 200 * KiB, 200 * KiB + 1000);

  test('without detectZeroes, zeroes are written as they are', async () => {
    const { nbd, requests } = await logged('memory', '1M');
    await write(nbd, bytes, {});
    expect(brief(await requests())).toEqual([['Write', 0, 256 * KiB]]);
  });

  test('detectZeroes: zeroes are asked for with WRITE_ZEROES, and never with TRIM', async () => {
    const { nbd, requests } = await logged('memory', '1M');
    expect(nbd.canTrim()).toBe(true);
    await write(nbd, bytes, { detectZeroes: true });
    expect(brief(await requests())).toEqual([
      ['Write', 0, 64 * KiB],
      ['Zero', 64 * KiB, 128 * KiB],
      ['Write', 192 * KiB, 64 * KiB],
    ]);
  });

  test('detectZeroes: a server without WRITE_ZEROES gets plain writes, though it has TRIM', async () => {
    const { nbd, requests } = await logged('--filter=nozero', 'memory', '1M');
    expect([nbd.canZero(), nbd.canTrim()]).toEqual([false, true]);
    await write(nbd, bytes, { detectZeroes: true });
    expect(brief(await requests())).toEqual([['Write', 0, 256 * KiB]]);
  });

  test('detectZeroes: in whole blocks of the server', async () => {
    const policy = ['blocksize-minimum=65536', 'blocksize-preferred=65536', 'blocksize-error-policy=error'];
    const { nbd, requests } = await logged('--filter=blocksize-policy', 'memory', '1M', ...policy);
    const some = noise(256 * KiB);
    some.fill(0, 60 * KiB, 192 * KiB);
    await write(nbd, some, { detectZeroes: true });
    expect(brief(await requests())).toEqual([
      ['Write', 0, 64 * KiB],
      ['Zero', 64 * KiB, 128 * KiB],
      ['Write', 192 * KiB, 64 * KiB],
    ]);
  });

  test('flags go with each request', async () => {
    const { nbd, requests } = await logged('memory', '1M');
    await write(nbd, bytes, { detectZeroes: true, flags: CMD_FLAG_FUA });
    const found = await requests();
    expect(found.length).toBe(3);
    expect(found.every(({ isFua }) => isFua)).toBe(true);
  });

  test('whole blocks are not read, parts of them are read and written as whole ones', async () => {
    const policy = ['blocksize-minimum=4096', 'blocksize-error-policy=error'];
    const { nbd, requests } = await logged('--filter=blocksize-policy', 'memory', '1M', ...policy);
    await write(nbd, noise(256 * KiB), { offset: 4096, requestSize: 65536 });
    expect(ofKind(await requests(), 'Read')).toEqual([]);
    await write(nbd, noise(128 * KiB), { offset: 1000, requestSize: 65536 });
    const found = await requests();
    expect(ofKind(found, 'Write')).toEqual([
      ['Write', 0, 64 * KiB],
      ['Write', 64 * KiB, 64 * KiB],
      ['Write', 128 * KiB, 4 * KiB],
    ]);
    // Of the first request its first block alone, since the rest of it is new; the last request is one block.
    expect(ofKind(found, 'Read')).toEqual([
      ['Read', 0, 4 * KiB],
      ['Read', 128 * KiB, 4 * KiB],
    ]);
  });

  test('parts at both ends of one request: both blocks are read, and not what is between', async () => {
    const policy = ['blocksize-minimum=4096', 'blocksize-error-policy=error'];
    const { nbd, requests } = await logged('--filter=blocksize-policy', 'memory', '1M', ...policy);
    await write(nbd, noise(40_000), { offset: 1000 });
    expect(brief((await requests()).sort((a, b) => a.kind.localeCompare(b.kind) || a.offset - b.offset))).toEqual([
      ['Read', 0, 4096],
      ['Read', 40_960, 4096],
      ['Write', 0, 45_056],
    ]);
  });

  test('a range that is not inside the disk, and a chunk too many: nothing of it is asked', async () => {
    const { nbd, requests } = await logged('memory', '1M');
    expect(() => nbd.writable({ offset: 2 ** 40 })).toThrow(RangeError);
    const writer = nbd.writable({ offset: MiB - 512 }).getWriter();
    writer.closed.catch(() => {});
    await expect(writer.write(new Uint8Array(1024))).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(brief(await requests())).toEqual([['Write', MiB - 512, 512]]);
  });
});

describe('readable', () => {
  const data = ['data', 'data=@65536 1*100000 @2097152 2*1000', 'size=4M']; // in pages of 32 KiB

  test('skipZeroes: holes are not asked for', async () => {
    const { nbd, requests } = await logged(...data);
    expect(await read(nbd, { skipZeroes: true })).toBe(4 * MiB);
    expect(ofKind(await requests(), 'Read')).toEqual([
      ['Read', 64 * KiB, 128 * KiB],
      ['Read', 2 * MiB, 32 * KiB],
    ]);
  });

  test('skipZeroes: of a part of the disk', async () => {
    const { nbd, requests } = await logged(...data);
    expect(await read(nbd, { offset: 100 * KiB, length: MiB, skipZeroes: true })).toBe(MiB);
    expect(ofKind(await requests(), 'Read')).toEqual([['Read', 100 * KiB, 92 * KiB]]);
  });

  test('without it, and where the server does not tell its extents, everything is asked for', async () => {
    for (const [args, skipZeroes] of [
      [data, false],
      [['--filter=noextents', ...data], true],
    ] as const) {
      const { nbd, requests } = await logged(...args);
      await read(nbd, { skipZeroes });
      const reads = ofKind(await requests(), 'Read');
      expect(reads.length).toBe(16);
      expect(reads.every(([, , count]) => count === 256 * KiB)).toBe(true);
    }
  });
});
