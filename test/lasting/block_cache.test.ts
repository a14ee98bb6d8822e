// A disk that stays, with a cache of what was read: nbdkit's log has what it is asked for.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LastingDisk, type NBDError, type OpenOptions, openDisk } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { firstDifference, noise } from '../support/bytes.js';
import { deferred } from '../support/deferred.js';
import { failure } from '../support/handles.js';
import { temporaryFolder } from '../support/processes.js';
import { type Fate, ForgetfulServer } from './forgetful_server.js';
import { nbdkitArgv, Restartable } from './restartable.js';

const size = 2 ** 20;

/** A server of a file, whose log tells which reads it was asked for. */
class LoggedFile {
  readonly server: Restartable;
  readonly image: string;
  readonly #log: string;

  private constructor(server: Restartable, image: string, log: string) {
    this.server = server;
    this.image = image;
    this.#log = log;
  }

  static async start(content: Uint8Array): Promise<LoggedFile> {
    const folder = await temporaryFolder();
    const [image, log] = [join(folder, 'image'), join(folder, 'log')];
    await writeFile(image, content);
    const args = ['--filter=log', 'file', image, `logfile=${log}`, 'logappend=true'];
    return new LoggedFile(await Restartable.start((socket, pidfile) => nbdkitArgv(socket, pidfile, ...args)), image, log);
  }

  async open(options: OpenOptions): Promise<LastingDisk> {
    const disk = await openDisk(this.server.uri, { retry: { maxDelay: 100, attempts: 30 }, connections: 1, ...options });
    onTestFinished(() => disk.close());
    return disk;
  }

  /** Offset and length of each read, in order. */
  async reads(): Promise<[number, number][]> {
    const log = await readFile(this.#log, 'utf8');
    return [...log.matchAll(/ Read id=\d+ offset=(\w+) count=(\w+) .*\.\.\.$/gm)].map(([, at, count]) => [
      Number(at),
      Number(count),
    ]);
  }
}

describe('over nbdkit', () => {
  test('what was read is not asked for again', async () => {
    const content = noise(size);
    const file = await LoggedFile.start(content);
    const disk = await file.open({ blockCache: { blockSize: 65536, readAhead: 0 } });
    const into = new Uint8Array(512);
    for (const offset of [70_000, 65_536, 131_000]) {
      expect(firstDifference(await disk.pread(72, offset), content.subarray(offset, offset + 72))).toBe(-1);
      await disk.preadInto(into, offset - 512);
    }
    expect(firstDifference(into, content.subarray(130_488, 131_000))).toBe(-1);
    expect(await file.reads()).toEqual([
      [65_536, 65_536],
      [0, 65_536],
    ]);
  });

  test('without one, each read is', async () => {
    const file = await LoggedFile.start(noise(size));
    const disk = await file.open({ blockCache: false });
    await disk.pread(512, 0);
    await disk.pread(512, 0);
    expect(await file.reads()).toEqual([
      [0, 512],
      [0, 512],
    ]);
  });

  test('a reader that goes on is read ahead of, with the sizes that true stands for', async () => {
    const content = noise(size);
    const file = await LoggedFile.start(content);
    const disk = await file.open({ blockCache: true });
    for (let at = 0; at < size; at += 4096) {
      expect(firstDifference(await disk.pread(4096, at), content.subarray(at, at + 4096))).toBe(-1);
    }
    const reads = await file.reads();
    expect(reads.length).toBeLessThanOrEqual(size / 65_536 + 1);
    expect(reads.reduce((sum, [, count]) => sum + count, 0)).toBe(size);
  });

  test('what is written, zeroed or trimmed is there at once', async () => {
    const file = await LoggedFile.start(noise(size));
    const disk = await file.open({ blockCache: true });
    await disk.pread(65_536, 0);
    const bytes = noise(4096, 7);
    await disk.pwrite(bytes, 8192);
    expect(firstDifference(await disk.pread(4096, 8192), bytes)).toBe(-1);
    await disk.zero(512, 8192);
    await disk.trim(512, 8704);
    bytes.fill(0, 0, 1024);
    expect(firstDifference(await disk.pread(4096, 8192), bytes)).toBe(-1);
  });

  test('a server that was killed and started again may have something else', async () => {
    const file = await LoggedFile.start(noise(size));
    const disk = await file.open({ blockCache: true });
    await disk.pread(512, 0);
    await file.server.kill();
    const changed = noise(size, 9);
    await writeFile(file.image, changed);
    const connected = new Promise((resolve) => disk.addEventListener('connected', resolve));
    await file.server.start();
    await connected;
    expect(firstDifference(await disk.pread(512, 0), changed.subarray(0, 512))).toBe(-1);
  });

  test('a closed disk has nothing any more', async () => {
    const file = await LoggedFile.start(noise(size));
    const disk = await file.open({ blockCache: true });
    await disk.pread(512, 0);
    disk.close();
    expect(await failure(disk.pread(512, 0))).toMatchObject({ code: 'EBADF' });
  });

  test('sizes that do not fit are refused, and no connection stays', async () => {
    const server = await ForgetfulServer.start(2 ** 16);
    expect(await failure(openDisk(server.uri, { blockCache: { blockSize: 0 } }))).toBeInstanceOf(RangeError);
    for (const wrong of [5, 'yes']) {
      expect(await failure(openDisk(server.uri, { blockCache: wrong as unknown as boolean }))).toBeInstanceOf(TypeError);
    }
    await expect.poll(() => server.open).toBe(0);
  });
});

describe('a change that was not answered', () => {
  test('nothing of its range is kept: the server makes it later', async () => {
    const server = await ForgetfulServer.start(2 ** 16, { multiConn: false });
    const disk = await openDisk(server.uri, { blockCache: { blockSize: 4096, readAhead: 0 } });
    onTestFinished(() => disk.close());
    const [arrived, go] = [deferred<void>(), deferred<void>()];
    server.fate = async ({ kind }): Promise<Fate> => {
      if (kind !== 'write') return 'answer';
      arrived.resolve();
      await go.promise;
      return 'answer';
    };
    const abort = new AbortController();
    const writing = failure(disk.pwrite(noise(512), 0, { signal: abort.signal }));
    await arrived.promise;
    abort.abort('enough');
    expect(await writing).toBe('enough');
    expect(await disk.pread(512, 1024)).toEqual(new Uint8Array(512)); // of the same block
    go.resolve();
    await disk.flush(); // after the write, on the same connection
    const asked = server.asked.filter(({ kind }) => kind === 'read').length;
    expect(await disk.pread(512, 0)).toEqual(noise(512));
    await disk.pread(512, 4096);
    await disk.pread(512, 4096); // the next block is kept as ever
    expect(server.asked.filter(({ kind }) => kind === 'read').length).toBe(asked + 2);
  });

  test('a change that was refused leaves the cache as it was', async () => {
    const server = await ForgetfulServer.start(2 ** 16, { multiConn: false });
    const disk = await openDisk(server.uri, { blockCache: { blockSize: 4096, readAhead: 0 } });
    onTestFinished(() => disk.close());
    server.fate = ({ kind }) => (kind === 'write' ? { errno: 28 } : 'answer');
    expect(await failure(disk.pwrite(noise(512), 0))).toMatchObject({ code: 'ENOSPC' } satisfies Partial<NBDError>);
    await disk.pread(512, 0);
    await disk.pread(512, 512);
    expect(server.asked.filter(({ kind }) => kind === 'read').map(({ offset, count }) => [offset, count])).toEqual([[0, 4096]]);
  });
});
