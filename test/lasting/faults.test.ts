// What a disk does when its server dies, stalls, refuses or comes back as another: a scripted server, since no real one does it on command.
import { CMD_FLAG_FUA, type DiskError, type DiskEvent, type LastingDisk, NBD, type OpenOptions } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDiskWith } from '../../dist/lasting/open_disk.js';
import { noise } from '../support/bytes.js';
import { deferred } from '../support/deferred.js';
import { failure, nbdError } from '../support/handles.js';
import { type Fate, ForgetfulServer } from './forgetful_server.js';
import { ManualTiming } from './manual_timing.js';

const size = 2 ** 16;
const block = 512;
const EIO = 5;
const ESHUTDOWN = 108;

async function start(options: OpenOptions = {}, server = { multiConn: false }) {
  const forgetful = await ForgetfulServer.start(size, server);
  const timing = new ManualTiming();
  return { server: forgetful, timing, disk: await open(forgetful.uri, timing, options) };
}

async function open(uri: string | string[], timing: ManualTiming, options: OpenOptions = {}): Promise<LastingDisk> {
  const disk = await openDiskWith(() => NBD.create(), uri, options, timing);
  onTestFinished(() => disk.close());
  return disk;
}

const bytes = noise(block);
const first = { offset: 0n, length: BigInt(block) };

describe('a server that forgets', () => {
  test('the next flush names what it has acknowledged, once', async () => {
    const { server, timing, disk } = await start();
    await disk.pwrite(bytes, 0);
    await disk.zero(block, 4096);
    await disk.pwrite(bytes, 8192, { flags: CMD_FLAG_FUA });
    await server.die();
    await server.revive();
    const error = (await timing.until(failure(disk.flush()))) as DiskError;
    expect(error).toMatchObject({ name: 'NBDError', code: 'EIO', isFatal: false });
    expect(error.message).toMatch(/^nbd_flush: 1024 bytes were acknowledged and not flushed when the server died/);
    expect(error.ranges).toEqual([first, { offset: 4096n, length: BigInt(block) }]);
    await disk.flush();
    expect(server.durable.subarray(8192, 8192 + block)).toEqual(bytes);
  });

  test('what was flushed before is not named', async () => {
    const { server, timing, disk } = await start();
    await disk.pwrite(bytes, 0);
    await disk.flush();
    await disk.pwrite(bytes, 1024);
    await server.die();
    await server.revive();
    const error = (await timing.until(failure(disk.flush()))) as DiskError;
    expect(error.ranges).toEqual([{ offset: 1024n, length: BigInt(block) }]);
  });

  test('what is acknowledged while a flush is under way is not covered by it', async () => {
    const { server, timing, disk } = await start();
    const flushes = deferred<void>();
    await disk.pwrite(bytes, 0);
    server.fate = ({ kind }) => {
      if (kind !== 'flush') return 'answer';
      flushes.resolve();
      return 'do';
    };
    const flushing = disk.flush();
    await flushes.promise;
    await disk.pwrite(bytes, 1024);
    server.fate = () => 'answer';
    await server.die();
    await server.revive();
    const error = (await timing.until(failure(flushing))) as DiskError;
    expect(error.ranges).toEqual([first, { offset: 1024n, length: BigInt(block) }]); // it was not answered: nothing is known of the first
  });

  test('a write with FUA over it is refused once; what was written anew is not named', async () => {
    const { server, timing, disk } = await start();
    await disk.pwrite(noise(2 * block), 0);
    await disk.pwrite(bytes, 4096);
    await server.die();
    await server.revive();
    await timing.until(disk.pread(1, 0));
    const error = (await failure(disk.pwrite(bytes, 0, { flags: CMD_FLAG_FUA }))) as DiskError;
    expect(error).toMatchObject({ code: 'EIO', ranges: [first] });
    await disk.pwrite(bytes, 0, { flags: CMD_FLAG_FUA });
    await disk.pwrite(bytes, 4096);
    expect(((await failure(disk.flush())) as DiskError).ranges).toEqual([{ offset: BigInt(block), length: BigInt(block) }]);
    await disk.flush();
  });

  test('with copies, all is written again, in its order', async () => {
    const { server, timing, disk } = await start({ retry: { keep: 2 ** 20 } });
    await disk.pwrite(noise(2 * block, 1), 0);
    await disk.pwrite(bytes, 256);
    await disk.trim(block, 2048);
    await disk.pwrite(bytes, 100, { flags: CMD_FLAG_FUA }); // durable: an older copy must not come over it
    const expected = server.current.slice();
    await server.die();
    await server.revive();
    await timing.until(disk.flush());
    expect(server.durable).toEqual(expected);
  });

  test('more copies than there may be: the disk flushes by itself', async () => {
    const { server, disk } = await start({ retry: { keep: 2048 } });
    for (let i = 0; i < 8; i++) await disk.pwrite(bytes, i * block);
    expect(server.asked.filter(({ kind }) => kind === 'flush').length).toBe(2);
    await disk.pwrite(noise(4096), 0); // more than all of it: kept nowhere
    await server.die();
  });
});

describe('a change whose connection ends', () => {
  test.for(['drop', 'do and drop', 'truncate'] as const)('%s: it is repeated', async (fate) => {
    const { server, timing, disk } = await start();
    let dropped = 0;
    server.fate = () => (dropped++ === 0 ? fate : 'answer');
    await timing.until(disk.pwrite(bytes, 0));
    expect(server.current.subarray(0, block)).toEqual(bytes);
    expect(dropped).toBe(2);
  });

  test('a read is repeated after a reply that was cut in two', async () => {
    const { server, timing, disk } = await start();
    await disk.pwrite(bytes, 0);
    let dropped = 0;
    server.fate = () => (dropped++ === 0 ? 'truncate' : 'answer');
    const view = new Uint8Array(block);
    await timing.until(disk.preadInto(view, 0));
    expect(view).toEqual(bytes);
  });

  test('a call that overlaps waits until it is done, and others do not', async () => {
    const { server, timing, disk } = await start({}, { multiConn: true });
    const repeated = deferred<void>();
    const goOn = deferred<Fate>();
    let writes = 0;
    server.fate = ({ kind }) => {
      if (kind !== 'write') return 'answer';
      if (writes++ === 0) return 'drop';
      repeated.resolve();
      return goOn.promise;
    };
    const writing = disk.pwrite(bytes, 0);
    await timing.until(repeated.promise);
    const reading = disk.pread(1024, 256);
    await disk.pread(block, 4096);
    expect(server.asked.filter(({ offset }) => offset === 256)).toEqual([]);
    goOn.resolve('answer');
    await writing;
    expect((await reading).subarray(0, 256)).toEqual(bytes.subarray(256));
  });

  test('a server that dies of the same request each time: it rejects, with its range', async () => {
    const { server, timing, disk } = await start({ retry: { attempts: 3 } });
    server.fate = ({ kind }) => (kind === 'write' ? 'do and drop' : 'answer');
    const error = (await timing.until(failure(disk.pwrite(bytes, 0)))) as DiskError;
    expect(error.ranges).toEqual([first]);
    expect(server.asked.filter(({ kind }) => kind === 'write').length).toBe(4);
  });
});

describe('errors', () => {
  test('EIO is the disk’s answer', async () => {
    const { server, disk } = await start();
    server.fate = () => ({ errno: EIO });
    expect(await nbdError(disk.pread(block, 0))).toMatchObject({ code: 'EIO', isFatal: false });
    expect(server.asked.length).toBe(1);
    expect(server.connections).toBe(1);
  });

  test('ESHUTDOWN opens another connection', async () => {
    const { server, timing, disk } = await start();
    server.fate = ({ connection }) => (connection === 1 ? { errno: ESHUTDOWN } : 'answer');
    await timing.until(disk.pwrite(bytes, 0));
    expect(server.connections).toBe(2);
    expect(server.current.subarray(0, block)).toEqual(bytes);
  });

  test('arguments are refused at once', async () => {
    const { server, disk } = await start();
    expect(await failure(disk.pread(-1, 0))).toBeInstanceOf(RangeError);
    expect(await failure(disk.pwrite('text' as never, 0))).toBeInstanceOf(TypeError);
    expect(await failure(disk.pread(1, 0.5))).toBeInstanceOf(RangeError);
    expect((await nbdError(disk.pread(1, size))).code).toBe('EINVAL');
    expect(server.asked).toEqual([]);
  });

  test('a disk that is read only refuses changes', async () => {
    const { server, disk } = await start({ readOnly: true });
    for (const change of [disk.pwrite(bytes, 0), disk.zero(1, 0), disk.trim(1, 0)]) {
      expect((await nbdError(change)).code).toBe('EROFS');
    }
    expect(disk.isReadOnly()).toBe(true);
    expect(server.asked).toEqual([]);
  });
});

describe('a server that does not come back', () => {
  test('what waits rejects after so many attempts, and the next call tries again', async () => {
    const { server, timing, disk } = await start({ retry: { attempts: 4 } });
    const events: string[] = [];
    for (const type of ['reconnecting', 'connected', 'lost'] as const) disk.addEventListener(type, () => events.push(type));
    server.fate = () => 'drop';
    const writing = failure(disk.pwrite(bytes, 0));
    const reading = nbdError(disk.pread(1, 0));
    await server.die();
    const error = (await timing.until(writing)) as DiskError;
    expect(error).toMatchObject({ code: 'ENOENT', isFatal: false, ranges: [first] });
    expect(error.message).toMatch(
      /^nbd_pwrite: there was no connection to be had in 4 attempts: .*512 bytes at offset 0.*may have made/,
    );
    expect((await reading).message).toMatch(/^nbd_pread: there was no connection/);
    expect(events).toEqual(['reconnecting', 'lost']);
    server.fate = () => 'answer';
    await server.revive();
    await timing.until(disk.pread(1, 0));
    expect(events).toEqual(['reconnecting', 'lost', 'reconnecting', 'connected']);
  });

  test('without retry, every call rejects from then on', async () => {
    const { server, disk } = await start({ retry: false });
    await disk.pwrite(bytes, 0);
    await server.die();
    await server.revive();
    expect((await nbdError(disk.pread(1, 0))).isFatal).toBe(true);
    expect(((await failure(disk.flush())) as DiskError).ranges).toEqual([first]);
    expect((await nbdError(disk.pwrite(bytes, 0))).isFatal).toBe(true);
    expect(server.connections).toBe(1);
  });

  test('a signal ends the waiting', async () => {
    const { server, disk } = await start();
    await server.die();
    const controller = new AbortController();
    const reading = failure(disk.pread(1, 0, { signal: controller.signal }));
    controller.abort('enough');
    expect(await reading).toBe('enough');
  });

  test('closing ends the waiting', async () => {
    const { server, disk } = await start();
    await server.die();
    const reading = nbdError(disk.pread(1, 0));
    disk.close();
    expect((await reading).message).toMatch(/^nbd_pread: the disk is closed/);
    expect((await nbdError(disk.pread(1, 0))).code).toBe('EBADF');
  });
});

describe('a server that comes back as another', () => {
  test('smaller', async () => {
    const { server, timing, disk } = await start();
    await server.die();
    server.current = new Uint8Array(size / 2);
    await server.revive();
    const error = await timing.until(nbdError(disk.pread(1, 0)));
    expect(error).toMatchObject({ code: 'ESTALE', isFatal: true });
    expect(error.message).toContain(`size was ${size} and is ${size / 2}`);
    expect((await nbdError(disk.pread(1, 0))).code).toBe('ESTALE');
    expect(disk.getSize()).toBe(BigInt(size));
  });

  test('read only', async () => {
    const { server, timing, disk } = await start();
    server.flags |= 2;
    await server.die();
    await server.revive();
    expect((await timing.until(nbdError(disk.pread(1, 0)))).message).toContain('isReadOnly was false and is true');
  });

  test('check may look closer', async () => {
    const label = noise(16, 5);
    const check = async (nbd: NBD) => {
      const found = await nbd.pread(16, 0);
      if (found.some((byte, i) => byte !== label[i])) throw new Error('another label');
    };
    const server = await ForgetfulServer.start(size, { multiConn: false });
    server.current.set(label);
    server.durable.set(label);
    const timing = new ManualTiming();
    const disk = await open(server.uri, timing, { check, retry: { attempts: 2 } });
    await server.die();
    server.current[3] = 0;
    await server.revive();
    const error = await timing.until(nbdError(disk.pread(1, 0)));
    expect(error.message).toContain('another label');
  });
});

describe('time limits', () => {
  test('a change that is slow on a connection that answers others rejects with its range, and the connection stays', async () => {
    const { server, timing, disk } = await start({ timeout: 1000 });
    server.fate = ({ kind }) => (kind === 'write' ? 'ignore' : 'answer');
    const writing = failure(disk.pwrite(bytes, 0));
    await timing.advance(600);
    await disk.pread(1, 0);
    const error = (await timing.until(writing)) as DiskError;
    expect(error).toMatchObject({ code: 'ETIMEDOUT', isFatal: false, ranges: [first] });
    await disk.pread(1, 0);
    expect(server.connections).toBe(1);
    expect(server.asked.filter(({ kind }) => kind === 'write').length).toBe(1);
  });

  test('a server that answers nothing: the connection is closed, changes are in doubt and reads are repeated', async () => {
    const { server, timing, disk } = await start({ timeout: 1000 });
    server.fate = ({ connection }) => (connection === 1 ? 'ignore' : 'answer');
    const writing = failure(disk.pwrite(bytes, 0));
    const reading = disk.pread(block, 4096);
    await timing.advance(300);
    const later = failure(disk.pwrite(bytes, 1024));
    expect(await timing.until(writing)).toMatchObject({ code: 'ETIMEDOUT', ranges: [first] });
    expect(await timing.until(later)).toMatchObject({ code: 'ETIMEDOUT', ranges: [{ offset: 1024n }] });
    expect(await timing.until(reading)).toEqual(new Uint8Array(block));
    expect(server.connections).toBe(2);
    expect(server.asked.filter(({ kind }) => kind === 'write').length).toBe(2);
  });

  test('a flush that is not answered names what is not flushed', async () => {
    const { server, timing, disk } = await start({ timeout: 1000 });
    await disk.pwrite(bytes, 0);
    server.fate = ({ kind }) => (kind === 'flush' ? 'ignore' : 'answer');
    expect(await timing.until(failure(disk.flush()))).toMatchObject({ code: 'ETIMEDOUT', ranges: [first] });
  });

  test('an idle connection is asked for a byte, and a dead one is replaced', async () => {
    const { server, timing, disk } = await start({ timeout: 1000, keepalive: 5000 });
    await timing.advance(4999);
    expect(server.asked).toEqual([]);
    const connected = deferred<DiskEvent>();
    disk.addEventListener('connected', connected.resolve);
    server.fate = ({ connection }) => (connection === 1 ? 'ignore' : 'answer');
    const event = await timing.until(connected.promise);
    expect(event.cause).toMatchObject({ code: 'ETIMEDOUT' });
    expect(server.asked[0]).toMatchObject({ kind: 'read', offset: 0, count: 1 });
    expect(server.connections).toBe(2);
  });

  test('a connection that does not come about', async () => {
    const { peer } = await import('../support/peer.js');
    const timing = new ManualTiming();
    const error = await timing.until(nbdError(openDiskWith(() => NBD.create(), (await peer([])).uri, {}, timing)), 5000);
    expect(error.code).toBe('ETIMEDOUT');
    expect(error.message).toContain('has not answered within 15000 ms');
  });
});
