// Random operations on a disk whose server dies at random moments and forgets, held against a model. Whoever writes again what a flush names
// has, after the next flush, a server with exactly what was written.
import fc from 'fast-check';
import { type CacheOptions, CMD_FLAG_FUA, DiskError, type LastingDisk, openDisk } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { ForgetfulServer } from './forgetful_server.js';

const size = 2 ** 16;

interface Operation {
  readonly kind: 'read' | 'write' | 'durable write' | 'zero' | 'flush' | 'die' | 'drop' | 'die in a storm';
  readonly offset: number;
  readonly count: number;
  readonly seed: number;
}

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom('read', 'write', 'write', 'write', 'durable write', 'zero', 'flush', 'die', 'drop', 'die in a storm'),
  offset: fc.nat(size - 1),
  count: fc.integer({ min: 1, max: 9000 }),
  seed: fc.nat(1000),
});

class Run {
  readonly model = new Uint8Array(size);
  readonly #server: ForgetfulServer;
  readonly #disk: LastingDisk;
  /** Bytes that a read brought as they were earlier; a flush has to name them, if they are not written anew before. */
  readonly #stale = new Set<number>();
  readonly #hasCopies: boolean;

  constructor(server: ForgetfulServer, disk: LastingDisk, hasCopies: boolean) {
    this.#server = server;
    this.#disk = disk;
    this.#hasCopies = hasCopies;
  }

  async perform({ kind, offset, count, seed }: Operation): Promise<void> {
    const length = Math.min(count, size - offset);
    switch (kind) {
      case 'read':
        return this.#read(length, offset);
      case 'write':
        return this.#write(noise(length, seed), offset, (bytes) => this.#disk.pwrite(bytes, offset));
      case 'durable write':
        return this.#write(noise(length, seed), offset, (bytes) => this.#disk.pwrite(bytes, offset, { flags: CMD_FLAG_FUA }));
      case 'zero':
        return this.#write(new Uint8Array(length), offset, () => this.#disk.zero(length, offset));
      case 'flush':
        return this.flush();
      case 'drop':
        return this.#server.dropOne();
      case 'die in a storm': {
        const writes = Array.from({ length: 8 }, (_, i) => ({ at: (offset + i * 4096) % size, bytes: noise(512, seed + i) }));
        const fits = writes.filter(({ at }) => at + 512 <= size);
        const written = fits.map(({ at, bytes }) => this.#write(bytes, at, (bytes) => this.#disk.pwrite(bytes, at)));
        await this.#die(seed);
        await Promise.all(written);
        return;
      }
      case 'die':
        return this.#die(seed);
    }
  }

  /** It keeps some sectors of what it has not flushed. */
  async #die(seed: number): Promise<void> {
    await this.#server.die((at) => (Math.imul(at >> 9, 2654435761) + seed) % 3 === 0);
    await this.#server.revive();
  }

  async #read(length: number, offset: number): Promise<void> {
    const bytes = await this.#disk.pread(length, offset);
    for (const [i, byte] of bytes.entries()) if (byte !== this.model[offset + i]) this.#stale.add(offset + i);
    if (this.#hasCopies) expect(this.#stale).toEqual(new Set());
  }

  async #write(bytes: Uint8Array, offset: number, write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    await this.#untilNothingIsLost(() => write(bytes));
    this.model.set(bytes, offset);
    for (let i = 0; i < bytes.length; i++) this.#stale.delete(offset + i);
  }

  async flush(): Promise<void> {
    await this.#untilNothingIsLost(() => this.#disk.flush());
    expect(this.#stale).toEqual(new Set());
    expect(this.#server.durable).toEqual(this.model);
  }

  /** Writes again what an error names, as a copy does from its source. */
  async #untilNothingIsLost(action: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof DiskError) || error.code !== 'EIO') throw error;
        expect(this.#hasCopies).toBe(false);
        for (const range of error.ranges) {
          const [start, end] = [Number(range.offset), Number(range.offset + range.length)];
          await this.#disk.pwrite(this.model.slice(start, end), start);
          for (let i = start; i < end; i++) this.#stale.delete(i);
        }
      }
    }
  }
}

const runs = Number(process.env.CAMPAIGN_RUNS ?? 12);

/** Small, so that blocks are given up, and read ahead of. */
const blockCache = { blockSize: 1024, capacity: 32_768, readAhead: 4096 };

const cases: [string, { multiConn: boolean; keep: number; blockCache?: CacheOptions }][] = [
  ['one connection', { multiConn: false, keep: 0 }],
  ['several connections', { multiConn: true, keep: 0 }],
  ['one connection, with copies', { multiConn: false, keep: 2 ** 20 }],
  ['several connections, with few copies', { multiConn: true, keep: 20_000 }],
  ['one connection, with a cache', { multiConn: false, keep: 0, blockCache }],
  ['several connections, with a cache', { multiConn: true, keep: 0, blockCache }],
  ['several connections, with copies and a cache', { multiConn: true, keep: 2 ** 20, blockCache }],
];

test.for(cases)('%s', async ([, { multiConn, keep, blockCache }]) => {
  const property = fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 30 }), async (operations) => {
    const server = await ForgetfulServer.start(size, { multiConn });
    const disk = await openDisk(server.uri, { retry: { maxDelay: 5, attempts: 50, keep }, blockCache });
    try {
      const run = new Run(server, disk, keep > 0);
      for (const one of operations) await run.perform(one);
      await run.flush();
    } finally {
      await disk.shutdown();
      await server.die();
    }
  });
  await fc.assert(property, { numRuns: runs });
});
