// writable() beyond whole blocks and plain writes: parts of blocks, writers that share one, the room there is, zeroes, progress, aborts.
import type { NBD } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { firstDifference, noise } from './support/bytes.js';
import { connected, failure, nbdError } from './support/handles.js';
import { nbdkit, nbdServer, qemuNbd, type TestServer } from './support/platform.js';

const MiB = 2 ** 20;

/** A server that refuses whatever is not made of whole blocks, and that takes its time with reads or writes. */
const inBlocks = (minimum: number, delay = 'delay-read=0'): Promise<TestServer> =>
  nbdkit(
    '--filter=blocksize-policy',
    '--filter=delay',
    'memory',
    delay,
    '1M',
    `blocksize-minimum=${minimum}`,
    'blocksize-preferred=65536',
    'blocksize-maximum=262144',
    'blocksize-error-policy=error',
  );

async function write(nbd: NBD, bytes: Uint8Array, options: Parameters<NBD['writable']>[0]): Promise<void> {
  const writer = nbd.writable(options).getWriter();
  await writer.write(bytes);
  await writer.close();
}

/** Fills the disk, and returns what is on it. */
async function filled(nbd: NBD): Promise<Uint8Array> {
  const model = noise(MiB, 3);
  await write(nbd, model, {});
  return model;
}

const content = (nbd: NBD): Promise<Uint8Array> => nbd.readFully(Number(nbd.getSize()), 0);

describe('parts of blocks', () => {
  test.for<[number, number, number]>([
    [512, 1, 1],
    [4096, 100, 50], // inside of a block
    [4096, 4095, 2], // the end of one and the beginning of the next
    [4096, 0, 4097], // a tail
    [4096, 8191, 4097], // a head
    [4096, 300_001, 400_003], // several requests
    [65536, 65535, 131_074],
    [65536, MiB - 1, 1], // the last byte of the disk
  ])('blocks of %d bytes: from %d on, %d bytes', async ([minimum, offset, length]) => {
    const nbd = await connected(await inBlocks(minimum));
    const model = await filled(nbd);
    const bytes = noise(length, 8);
    await write(nbd, bytes, { offset });
    model.set(bytes, offset);
    expect(firstDifference(await content(nbd), model)).toBe(-1);
  });

  test('libnbd itself refuses such a write', async () => {
    const nbd = await connected(await inBlocks(4096));
    expect((await nbdError(nbd.pwrite(new Uint8Array(4097), 0))).code).toBe('EINVAL');
  });

  test('two streams that write into one block: every byte of both arrives, each time', async () => {
    // Reads take longer than writes, so that what a stream has read is old by the time it writes.
    const nbd = await connected(await inBlocks(4096, 'delay-read=5ms'));
    const model = await filled(nbd);
    for (let round = 0; round < 20; round++) {
      const parts = [
        [4096 + 10, 100],
        [4096 + 110, 2000],
        [8192 - 700, 1500], // into the next block as well
      ] as const;
      const writes = parts.map(([offset, length], i) => {
        const bytes = noise(length, 10 * round + i);
        model.set(bytes, offset);
        return write(nbd, bytes, { offset });
      });
      await Promise.all(writes);
      expect(firstDifference(await content(nbd), model), `round ${round}`).toBe(-1);
    }
  });

  test('a stream of whole blocks and one of parts, in one block after another', async () => {
    const nbd = await connected(await inBlocks(4096, 'delay-read=5ms'));
    const model = await filled(nbd);
    const whole = noise(256 * 1024, 21);
    const part = noise(1000, 22);
    // The part is asked for last. What it changes is what the other stream has written.
    const first = write(nbd, whole, { offset: 0, requestSize: 65536 });
    const second = write(nbd, part, { offset: 4096 + 500 });
    await Promise.all([first, second]);
    const found = await content(nbd);
    const candidates = [part, whole.subarray(4096 + 500, 4096 + 1500)]; // either may come last
    const middle = found.subarray(4096 + 500, 4096 + 1500);
    expect(candidates.some((candidate) => firstDifference(candidate, middle) === -1)).toBe(true);
    model.set(whole, 0);
    model.set(middle, 4096 + 500);
    expect(firstDifference(found, model)).toBe(-1);
  });

  test('a stream whose write was aborted lets nobody into its block before that write has ended', async () => {
    const nbd = await connected(await inBlocks(4096, 'delay-write=100ms'));
    const model = await filled(nbd);
    const controller = new AbortController();
    const aborted = nbd.writable({ offset: 0, requestSize: 65536, signal: controller.signal }).getWriter();
    aborted.closed.catch(() => {});
    const before = nbd.statsChunksSent();
    const lost = noise(65536 - 10, 31);
    const writing = failure(aborted.write(lost).then(() => aborted.close()));
    while (nbd.statsChunksSent() < before + 2n) await nbd.poll(-1); // the read of the block, and its write
    controller.abort();
    const bytes = noise(10, 32);
    await write(nbd, bytes, { offset: 65536 - 10 });
    expect(await writing).toBe(controller.signal.reason);
    model.set(lost, 0); // it could not be taken back
    model.set(bytes, 65536 - 10);
    expect(firstDifference(await content(nbd), model)).toBe(-1);
  });
});

describe('the room there is', () => {
  test.for<[string, object, number]>([
    ['up to the end of the disk', { offset: MiB - 5000 }, 5000],
    ['up to the length', { offset: 4000, length: 5000n }, 5000],
    ['none', { offset: 4000, length: 0 }, 0],
  ])('%s: what fits is written, and the chunk that does not fit fails at once', async ([, options, room]) => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const model = await filled(nbd);
    const { offset } = options as { offset: number };
    const writer = nbd.writable(options).getWriter();
    writer.closed.catch(() => {});
    const bytes = noise(room + 1, 4);
    for (let at = 0; at + 1000 <= room; at += 1000) await writer.write(bytes.subarray(at, at + 1000));
    const error = await nbdError(writer.write(bytes.subarray(room - (room % 1000))));
    expect(error.code).toBe('ENOSPC');
    expect(error.message).toBe(`writable: there is no room for 1 more bytes, at offset ${offset + room}`);
    expect(await failure(writer.close())).toBeInstanceOf(TypeError); // the stream has failed
    model.set(bytes.subarray(0, room), offset);
    expect(firstDifference(await content(nbd), model)).toBe(-1);
  });

  test('as many bytes as there is room for are no error', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const bytes = noise(5000);
    await write(nbd, bytes, { offset: MiB - 5000 });
    await write(nbd, bytes, { offset: 7, length: 5000 });
    expect(firstDifference(await nbd.pread(5000, MiB - 5000), bytes)).toBe(-1);
    expect(firstDifference(await nbd.pread(5000, 7), bytes)).toBe(-1);
  });
});

describe('zeroes', () => {
  const servers: [string, () => Promise<TestServer>, boolean][] = [
    ['nbdkit', () => nbdkit('memory', '1M'), true],
    ['nbdkit without WRITE_ZEROES', () => nbdkit('--filter=nozero', 'memory', '1M'), false],
    ['nbdkit, in blocks', () => inBlocks(4096), true],
    [
      'nbdkit, which fails at TRIM',
      () => nbdkit('--filter=error', 'memory', '1M', 'error-trim=EIO', 'error-trim-rate=100%'),
      true,
    ],
    ['qemu-nbd', () => qemuNbd({ format: 'qcow2', size: MiB }), true],
    ['nbd-server', () => nbdServer(new Uint8Array(MiB)), true],
  ];

  test.for(servers)('%s: what is written is read back', async ([name, start, canZero]) => {
    const nbd = await connected(await start(), (nbd) => nbd.setExportName(name === 'nbd-server' ? 'disk' : ''));
    expect(nbd.canZero()).toBe(canZero);
    const model = await filled(nbd);
    const bytes = noise(700_001, 5);
    bytes.fill(0, 0, 10_000);
    bytes.fill(0, 100_000, 400_000);
    bytes.fill(0, 500_000, 500_100); // shorter than what is looked for
    bytes.fill(0, 690_000);
    await write(nbd, bytes, { offset: 12_345, detectZeroes: true });
    model.set(bytes, 12_345);
    expect(firstDifference(await content(nbd), model)).toBe(-1);
  });
});

describe('progress', () => {
  test('is told after each write, up to all of them', async () => {
    const nbd = await connected(await inBlocks(4096));
    const told: bigint[] = [];
    const onprogress = (written: bigint) => void told.push(written);
    await write(nbd, noise(300_001), { offset: 5, requestSize: 65536, inFlight: 2, onprogress });
    expect(told.length).toBe(5);
    expect(told).toEqual([...told].sort((a, b) => Number(a - b)));
    expect(told.at(-1)).toBe(300_001n); // what was written, without what is around it
  });

  test('a callback that throws makes the stream fail with its exception', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const thrown = new Error('enough');
    const onprogress = () => {
      throw thrown;
    };
    expect(await failure(write(nbd, noise(10), { onprogress }))).toBe(thrown);
  });

  test('what is no function is refused before anything is written', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const error = await failure(async () => nbd.writable({ onprogress: 'often' as never }));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toBe('writable: onprogress must be a function, not "often"');
  });
});

describe('ends', () => {
  test('abort() waits for what is under way, and writes no more', async () => {
    const nbd = await connected(await nbdkit('--filter=delay', 'memory', '1M', 'delay-write=50ms'));
    const writer = nbd.writable({ requestSize: 4096 }).getWriter();
    writer.closed.catch(() => {});
    await writer.write(new Uint8Array(3 * 4096 + 100).fill(1));
    await writer.abort(new Error('enough'));
    expect(nbd.aioInFlight()).toBe(0);
    const expected = new Uint8Array(MiB);
    expected.fill(1, 0, 3 * 4096); // the rest was no whole request yet
    expect(firstDifference(await content(nbd), expected)).toBe(-1);
  });

  test('a signal makes the stream fail at once with its reason', async () => {
    const nbd = await connected(await nbdkit('--filter=delay', 'memory', '1M', 'delay-write=60'));
    const controller = new AbortController();
    const writer = nbd.writable({ requestSize: 4096, inFlight: 1, signal: controller.signal }).getWriter();
    writer.closed.catch(() => {});
    const writing = failure(writer.write(new Uint8Array(8192)));
    controller.abort(new Error('enough'));
    expect(await writing).toBe(controller.signal.reason);
  });

  test('a signal that has fired: nothing is sent', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const before = nbd.statsChunksSent();
    const reason = new Error('enough');
    expect(await failure(write(nbd, noise(10), { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(nbd.statsChunksSent()).toBe(before);
  });

  test('a chunk that is no bytes makes the stream fail', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const error = await failure(write(nbd, 'text' as never, {}));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toBe('writable: a chunk must be a Uint8Array, not "text"');
  });
});
