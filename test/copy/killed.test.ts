// Copies whose server is killed at random moments and started again: nothing is lost, and nothing stale stays.
//
// The kernel keeps what a killed server wrote to a raw file, so that such a server alone proves little. nbdkit's cache filter and qcow2 lose
// what was not flushed, and the scripted server forgets all of it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copy, type Disk, type LastingDisk, openDisk } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ForgetfulServer } from '../lasting/forgetful_server.js';
import { type Kind, restartable } from '../lasting/restartable.js';
import { firstDifference, noise } from '../support/bytes.js';
import { newHandle } from '../support/handles.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { numbers } from '../support/numbers.js';
import { temporaryFolder } from '../support/processes.js';

const KiB = 1024;
const MiB = 2 ** 20;
const size = 4 * MiB + 3 * 512;
const requestSize = 64 * KiB;
const requests = Math.ceil(size / requestSize);
const killsOfEach = 3;

const copies = Number(process.env.CAMPAIGN_COPIES ?? 5);
const firstSeed = Number(process.env.CAMPAIGN_SEED ?? 0);

interface Victim {
  readonly uri: string;
  /** Kills it, and starts it again. */
  restart(): Promise<void>;
  /** What it has now, asked by another client. */
  content(): Promise<Uint8Array>;
}

const kinds = ['a server that forgets', 'nbdkit file, cached', 'nbdkit file', 'qemu-nbd qcow2'] as const;

async function victim(kind: 'a server that forgets' | Kind, content: Uint8Array): Promise<Victim> {
  const server = kind === 'a server that forgets' ? await forgetful(content) : await restartable(kind, content);
  return {
    uri: server.uri,
    restart: async () => {
      if (!(server instanceof ForgetfulServer)) return server.restart();
      await server.die();
      await server.revive();
    },
    content: async () => {
      const nbd = await newHandle();
      await nbd.connectUri(server.uri);
      return nbd.readFully(content.length, 0);
    },
  };
}

async function forgetful(content: Uint8Array): Promise<ForgetfulServer> {
  const server = await ForgetfulServer.start(content.length);
  server.durable = content.slice();
  server.current = content.slice();
  return server;
}

async function open(uri: string, connections: number): Promise<LastingDisk> {
  const disk = await openDisk(uri, { connections, retry: { maxDelay: 50, attempts: 200 } });
  onTestFinished(() => disk.close());
  return disk;
}

const counted = new Set<string | symbol>(['preadInto', 'pread', 'pwrite', 'zero', 'flush', 'blockStatusArrays']);

/** The same disk; `note` is called before each request. */
function watched(disk: LastingDisk, note: () => void): Disk {
  return new Proxy(disk, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (counted.has(name)) note();
        return Reflect.apply(member, target, args);
      };
    },
  });
}

/** Data with runs of zeroes of several lengths, which begin and end anywhere. */
function content(seed: number): Uint8Array {
  const random = numbers(seed);
  const bytes = noise(size, seed);
  for (let i = 0; i < 8; i++) {
    const start = random(size);
    bytes.fill(0, start, start + random(300 * KiB));
  }
  return bytes;
}

const shapes = kinds.flatMap((kind) =>
  (['to', 'from'] as const).flatMap((direction) => [1, 4].map((connections) => ({ kind, direction, connections }))),
);

// A seed says all of a copy. 5 has no factor in common with the number of shapes: each has its turn, and the first few differ in all respects.
const cases = Array.from({ length: copies }, (_, i) => {
  const seed = firstSeed + i;
  const shape = shapes[(seed * 5) % shapes.length] as (typeof shapes)[number];
  return [`${shape.direction} ${shape.kind}, connections: ${shape.connections}, seed ${seed}`, { ...shape, seed }] as const;
});

describe('killed three times', () => {
  test.for(cases)('%s', async ([, { kind, direction, connections, seed }]) => {
    const random = numbers(seed);
    const bytes = content(seed);
    const server = await victim(kind, direction === 'from' ? bytes : content(seed + 1000));
    // A flush comes after about as many requests as there are pieces; what was lost comes after that.
    const moments = new Set(Array.from({ length: killsOfEach }, () => random(requests + 8)));
    let count = 0;
    let restarts = Promise.resolve();
    const disk = watched(await open(server.uri, connections), () => {
      if (moments.delete(count++)) restarts = restarts.then(() => server.restart());
    });
    const path = join(await temporaryFolder(), 'disk');
    const options = { requestSize, inFlight: 1 + random(16) };
    if (direction === 'from') {
      await copy(disk, path, options);
      expect(firstDifference(await readFile(path), bytes)).toBe(-1);
    } else {
      await writeFile(path, bytes);
      await copy(path, disk, options);
      await restarts;
      await server.restart(); // what is there now was flushed
      expect(firstDifference(await server.content(), bytes)).toBe(-1);
    }
    await restarts;
    expect(moments.size).toBeLessThan(killsOfEach);
  });
});

test('what the disk names as lost is read from the source again, and nothing else is', async () => {
  const server = await ForgetfulServer.start(4 * MiB);
  const source = new MemoryDisk(noise(4 * MiB));
  const disk = await open(server.uri, 4);
  const lost: { offset: bigint; length: bigint }[] = [];
  disk.addEventListener('reconnecting', ({ ranges }) => void lost.push(...ranges));
  let writes = 0;
  server.fate = async ({ kind }) => {
    if (kind !== 'write' || ++writes !== 40) return 'answer';
    await server.die();
    await server.revive();
    return 'drop';
  };
  await copy(source, disk, { requestSize, inFlight: 8 });
  expect(firstDifference(server.durable, source.bytes)).toBe(-1);

  const wasLost = (at: number) => lost.some(({ offset, length }) => offset <= at && at < offset + length);
  const pieces = Array.from({ length: (4 * MiB) / requestSize }, (_, i) => i * requestSize);
  const reads = source.requests.filter((request) => request.startsWith('pread'));
  expect(reads.sort()).toEqual(
    pieces.flatMap((at) => Array.from({ length: wasLost(at) ? 2 : 1 }, () => `pread ${requestSize} ${at}`)).sort(),
  );
  expect(pieces.filter(wasLost).length).toBeGreaterThanOrEqual(30);
});
