// Copies over disks that stay, where servers and networks do what they should not: come back smaller, stay away, drop, stall, truncate.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CopyError, copy, DiskError, type DiskEvent, type LastingDisk, type OpenOptions, openDisk } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Asked, type Fate, ForgetfulServer } from '../lasting/forgetful_server.js';
import { restartable } from '../lasting/restartable.js';
import { firstDifference, noise } from '../support/bytes.js';
import { deferred } from '../support/deferred.js';
import { failure } from '../support/handles.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { numbers } from '../support/numbers.js';
import { temporaryFolder } from '../support/processes.js';
import { closedPort } from '../support/tcp.js';

const MiB = 2 ** 20;
const size = 2 * MiB;
const shape = { requestSize: 2 ** 15, inFlight: 8 };
const bytes = noise(size, 5);

async function open(where: Parameters<typeof openDisk>[0], options: OpenOptions = {}): Promise<LastingDisk> {
  const disk = await openDisk(where, { retry: { maxDelay: 20, attempts: 100 }, ...options });
  onTestFinished(() => disk.close());
  return disk;
}

async function forgetful(content = new Uint8Array(size)): Promise<ForgetfulServer> {
  const server = await ForgetfulServer.start(size);
  server.durable = content.slice();
  server.current = content.slice();
  return server;
}

describe('a server that comes back smaller ends the copy, which says so', () => {
  /** Dies at its 20th request of a kind, and comes back with half its size. */
  async function shrinking(kind: Asked['kind']): Promise<ForgetfulServer> {
    const server = await forgetful(bytes);
    let count = 0;
    server.fate = async (asked) => {
      if (asked.kind !== kind || ++count !== 20) return 'answer';
      await server.die();
      server.current = bytes.slice(0, size / 2);
      await server.revive();
      return 'drop';
    };
    return server;
  }

  const expectToSaySo = (error: unknown) => {
    expect(error).toBeInstanceOf(CopyError);
    expect(error).toMatchObject({ code: 'ESTALE', isFatal: true });
    expect((error as CopyError).message).toContain(`size was ${size} and is ${size / 2}`);
    expect((error as CopyError).message).toContain(`${(error as CopyError).bytes} of ${size} bytes were copied`);
    expect((error as CopyError).bytes).toBeLessThan(BigInt(size));
  };

  test('as the source', async () => {
    const path = join(await temporaryFolder(), 'disk');
    expectToSaySo(await failure(copy(await open((await shrinking('read')).uri), path, shape)));
    expect(await failure(readFile(path))).toMatchObject({ code: 'ENOENT' }); // what is there is whole
  });

  test('as the destination', async () => {
    expectToSaySo(await failure(copy(new Blob([bytes]), await open((await shrinking('write')).uri), shape)));
  });
});

test.for([0, 1])('two addresses, of which number %d is dead, and the server is killed', async (deadIndex) => {
  const server = await restartable('nbdkit file, cached', noise(size, 6));
  const where = [server.uri];
  where.splice(deadIndex, 0, `nbd://127.0.0.1:${await closedPort()}`);
  const disk = await open(where);
  const source = new MemoryDisk(bytes);
  let reads = 0;
  let restarted: Promise<void> | undefined;
  source.before = async () => {
    if (++reads === 30) restarted = server.restart();
  };
  await copy(source, disk, shape);
  await restarted;
  await server.restart();
  const path = join(await temporaryFolder(), 'disk');
  await copy(disk, path, shape);
  expect(firstDifference(await readFile(path), bytes)).toBe(-1);
  expect(server.starts).toBe(3);
});

describe('a peer that drops connections, and truncates its replies', () => {
  /**
   * About every sixth request ends its connection, in one way or another, until that has happened 30 times: with one connection, each end is
   * the server's death, and a copy that loses all it has written again and again is given up.
   */
  function fates(seed: number): ForgetfulServer['fate'] {
    const random = numbers(seed);
    const ends: Fate[] = ['drop', 'do and drop', 'truncate', { errno: 108 }]; // NBD_ESHUTDOWN
    let left = 30;
    return () => {
      if (left === 0 || random(6) !== 0) return 'answer';
      left--;
      return ends[random(ends.length)] as Fate;
    };
  }

  test.for([1, 4])('as the source, connections: %d', async (connections) => {
    const server = await forgetful(bytes);
    const disk = await open(server.uri, { connections });
    server.fate = fates(connections);
    const destination = new MemoryDisk(noise(size, 7));
    await copy(disk, destination, shape);
    expect(firstDifference(destination.bytes, bytes)).toBe(-1);
    expect(server.connections).toBeGreaterThan(connections);
  });

  test.for([1, 4])('as the destination, connections: %d', async (connections) => {
    const server = await forgetful(noise(size, 7));
    const disk = await open(server.uri, { connections });
    const decide = fates(connections + 10);
    server.fate = (asked) => (asked.kind === 'flush' ? 'answer' : decide(asked));
    await copy(new Blob([bytes]), disk, shape);
    expect(firstDifference(server.durable, bytes)).toBe(-1);
    expect(server.connections).toBeGreaterThan(connections);
  });
});

describe('a peer that stalls', () => {
  /** The third request of a kind, and all that comes later on its connection, is never answered. */
  function stallsAt(kind: Asked['kind']): ForgetfulServer['fate'] {
    const stalled = new Set<number>();
    let count = 0;
    return (asked) => {
      if (asked.kind === kind && ++count === 3) stalled.add(asked.connection);
      return stalled.has(asked.connection) ? 'ignore' : 'answer';
    };
  }

  test('as the source: its connection is closed, and what was asked there is asked elsewhere', async () => {
    const server = await forgetful(bytes);
    const disk = await open(server.uri, { timeout: 1500 });
    server.fate = stallsAt('read');
    const opened = deferred<DiskEvent>();
    disk.addEventListener('connected', opened.resolve, { once: true });
    const destination = new MemoryDisk(size);
    await copy(disk, destination, shape);
    expect(firstDifference(destination.bytes, bytes)).toBe(-1);
    expect((await opened.promise).cause).toMatchObject({ code: 'ETIMEDOUT' });
    expect(server.connections).toBe(5);
  });

  test('as the destination: the copy fails, and its cause names what is in doubt', async () => {
    const server = await forgetful();
    const disk = await open(server.uri, { timeout: 1500 });
    server.fate = stallsAt('write');
    const error = await failure(copy(new Blob([bytes]), disk, shape));
    expect(error).toBeInstanceOf(CopyError);
    expect(error).toMatchObject({ code: 'ETIMEDOUT' });
    const { cause } = error as CopyError;
    expect(cause).toBeInstanceOf(DiskError);
    expect((cause as DiskError).ranges).toMatchObject([{ length: BigInt(shape.requestSize) }]);
  });
});
