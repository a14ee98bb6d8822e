// Back-pressure, seen by a transport: what it is given to write is bounded until it has passed it on, and what it delivers
// that nobody reads makes the library ask it to pause.
import { load, type Transport, type TransportEvents } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { concat, firstDifference } from './support/bytes.js';
import { nbdError, newHandle } from './support/handles.js';
import { greeting, handshake, NBD_OPT_EXTENDED_HEADERS, NBD_REP_ACK, optionReply, simpleReply } from './support/protocol.js';

const MiB = 2 ** 20;

/** A transport that keeps what it is given until it is told to pass it on. */
class SlowTransport implements Transport {
  readonly waiting: (() => void)[] = [];
  readonly calls: string[] = [];
  given = 0;
  #events: TransportEvents | undefined;

  open(events: TransportEvents): void {
    this.#events = events;
    for (const step of handshake('simple', 2n ** 40n)) if ('send' in step) events.data(step.send);
  }

  get events(): TransportEvents {
    if (this.#events === undefined) throw new Error('not open');
    return this.#events;
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    for (const chunk of chunks) this.given += chunk.length;
    this.waiting.push(written);
  }

  passOn(): void {
    for (const written of this.waiting.splice(0)) written();
  }

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }

  close(): void {}
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test('a transport that passes nothing on is given a few megabytes and no more', async () => {
  const transport = new SlowTransport();
  const nbd = await newHandle();
  const connecting = nbd.connectSocket(transport);
  while (nbd.aioIsConnecting()) {
    await settled();
    transport.passOn();
  }
  await connecting;
  const before = transport.given;
  const count = 100;
  const writes = Array.from({ length: count }, (_, i) => nbd.pwrite(new Uint8Array(MiB), i * MiB));
  for (let turn = 0; turn < 10; turn++) await settled();
  expect(transport.given - before).toBeLessThan(8 * MiB);
  expect(nbd.aioInFlight()).toBe(count);

  let most = 0;
  for (let sent = 0; sent < count * (MiB + 28); sent = transport.given - before) {
    const at = transport.given;
    transport.passOn();
    await settled();
    most = Math.max(most, transport.given - at);
  }
  expect(most).toBeLessThan(8 * MiB);
  for (let cookie = 1; cookie <= count; cookie++) transport.events.data(simpleReply(cookie));
  await Promise.all(writes);
});

test('small requests are gathered: a turn’s worth of them is one write', async () => {
  const transport = new SlowTransport();
  const nbd = await newHandle();
  await nbd.connectSocket(transport);
  transport.passOn();
  const [before, writes] = [transport.given, transport.waiting.length];
  const reads = Array.from({ length: 200 }, (_, i) => nbd.pread(1, i));
  await settled();
  expect(transport.given - before).toBe(200 * 28);
  expect(transport.waiting.length - writes).toBe(1);
  for (let cookie = 1; cookie <= 200; cookie++) transport.events.data(simpleReply(cookie, 0, Uint8Array.of(cookie)));
  for (const [i, bytes] of (await Promise.all(reads)).entries()) expect(bytes[0]).toBe(i + 1);
});

test('of thousands of requests, no more than 256 are with the server at a time', async () => {
  const transport = new SlowTransport();
  const nbd = await newHandle();
  await nbd.connectSocket(transport);
  const before = transport.given;
  const sent = () => (transport.given - before) / 28;
  const reads = Array.from({ length: 1000 }, (_, i) => nbd.pread(1, i));
  await settled();
  expect(sent()).toBe(256);
  expect(nbd.aioInFlight()).toBe(1000);
  for (let cookie = 1; cookie <= 1000; cookie++) {
    expect(sent()).toBeGreaterThanOrEqual(cookie);
    transport.events.data(simpleReply(cookie, 0, Uint8Array.of(cookie)));
    await settled();
    expect(sent()).toBe(Math.min(cookie + 256, 1000));
  }
  for (const [i, bytes] of (await Promise.all(reads)).entries()) expect(bytes[0]).toBe((i + 1) % 256);
});

test('a server that answers nothing is told of a disconnection, with as many requests as it may have', async () => {
  const transport = new SlowTransport();
  const nbd = await newHandle();
  await nbd.connectSocket(transport);
  const before = transport.given;
  for (let i = 0; i < 256; i++) void nbd.pread(1, i).catch(() => {});
  await settled();
  expect(transport.given - before).toBe(256 * 28);
  void nbd.shutdown().catch(() => {});
  await settled();
  expect(transport.given - before).toBe(257 * 28);
});

test('a source that nobody reads is paused, and resumed when it is read', async () => {
  const lib = await load();
  const transport = new SlowTransport();
  const fd = lib.openSocket(transport); // and given to no handle yet
  const reply = simpleReply(1, 0, new Uint8Array(3 * MiB).fill(7));
  expect(transport.calls).toEqual([]);
  for (let at = 0; at < reply.length; at += 65536) transport.events.data(reply.subarray(at, at + 65536));
  expect(transport.calls).toEqual(['pause']);
  lib.closeSocket(fd);

  const other = new SlowTransport();
  const nbd = await newHandle(lib);
  await nbd.connectSocket(other);
  const read = nbd.pread(3 * MiB, 0);
  for (let at = 0; at < reply.length; at += 65536) other.events.data(reply.subarray(at, at + 65536));
  expect((await read).every((byte) => byte === 7)).toBe(true);
  expect(other.calls).toEqual([]); // it was read as it came
});

test('a transport that reports before anybody asked, and from inside of write, is heard', async () => {
  const nbd = await newHandle();
  let events: TransportEvents | undefined;
  let cookie = 0;
  let greeted = false;
  const eager: Transport = {
    open(given) {
      events = given;
      for (const step of handshake('simple', 2n ** 40n)) if ('send' in step) given.data(step.send);
      greeted = true;
    },
    write(chunks, written) {
      written();
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (greeted && length % 28 === 0) {
        for (let i = 0; i < length / 28; i++) events?.data(simpleReply(++cookie, 0, Uint8Array.of(cookie)));
      }
    },
    close() {},
  };
  await nbd.connectSocket(eager);
  for (let i = 1; i <= 300; i++) {
    const reads = [nbd.pread(1, 0), nbd.pread(1, 0)];
    expect((await Promise.all(reads)).map((bytes) => bytes[0])).toEqual([(2 * i - 1) % 256, (2 * i) % 256]);
  }
});

test('bytes whose memory the transport uses again are copied in time', async () => {
  const nbd = await newHandle();
  const memory = new Uint8Array(65536);
  let events: TransportEvents | undefined;
  const deliver = (bytes: Uint8Array) => {
    memory.set(bytes);
    events?.data(memory.subarray(0, bytes.length), true);
    memory.fill(0xee);
  };
  await nbd.connectSocket({
    open(given: TransportEvents) {
      events = given;
      for (const step of handshake('simple', 2n ** 40n)) if ('send' in step) deliver(step.send);
    },
    write: (_chunks: readonly Uint8Array[], written: () => void) => written(),
    close: () => {},
  });
  const data = Uint8Array.from({ length: 40_000 }, (_, i) => i);
  const reads = [nbd.pread(40_000, 0), nbd.pread(40_000, 0)];
  const replies = [...simpleReply(1, 0, data), ...simpleReply(2, 0, data)];
  for (let at = 0; at < replies.length; at += 1001) deliver(Uint8Array.from(replies.slice(at, at + 1001)));
  for (const bytes of await Promise.all(reads)) expect(bytes).toEqual(data);
});

describe('a source that cannot be paused', () => {
  /** One that has no pause, sends a greeting, and what it is told to. */
  class Unstoppable implements Transport {
    #events: TransportEvents | undefined;
    closed = false;

    open(events: TransportEvents): void {
      this.#events = events;
    }

    deliver(bytes: Uint8Array): void {
      this.#events?.data(bytes);
    }

    write(_chunks: readonly Uint8Array[], written: () => void): void {
      written();
    }

    close(): void {
      this.closed = true;
    }
  }

  const unread = 2 * MiB;
  const tooMuch = `the server sent more than ${unread} bytes that nobody had asked for`;
  const piece = new Uint8Array(65536);
  const options = [greeting(), optionReply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ACK)];

  test('is ended with ENOBUFS once 2 MiB wait that no call has asked for', async () => {
    const source = new Unstoppable();
    const nbd = await newHandle();
    nbd.setOptMode(true);
    const connecting = nbd.connectSocket(source);
    for (const bytes of options) source.deliver(bytes);
    await connecting;
    for (let sent = 0; sent < unread; sent += piece.length) source.deliver(piece);
    expect([source.closed, nbd.connected]).toEqual([false, true]); // as much as may wait
    source.deliver(piece.subarray(0, 1));
    expect(source.closed).toBe(true);
    source.deliver(piece); // counts for nothing any more
    const error = await nbdError(nbd.optGo());
    expect([error.code, error.isFatal]).toEqual(['ENOBUFS', true]);
    expect(error.message).toMatch(/^nbd_opt_go: /);
    expect(error.message).toContain(tooMuch);
  });

  test('before the handle is there: the call that takes the descriptor fails', async () => {
    const lib = await load();
    const source = new Unstoppable();
    const fd = lib.openSocket(source); // listens from now on
    for (let sent = 0; sent <= unread; sent += piece.length) source.deliver(piece);
    expect(source.closed).toBe(true);
    const error = await nbdError((await newHandle(lib)).connectSocket(fd));
    expect(error.code).toBe('ENOBUFS');
    expect(error.message).toContain(tooMuch);
  });

  test('may send as much as a call has asked for, in one piece', async () => {
    const source = new Unstoppable();
    const nbd = await newHandle();
    const connecting = nbd.connectSocket(source);
    for (const step of handshake('simple', 2n ** 40n)) if ('send' in step) source.deliver(step.send);
    await connecting;
    const count = 16 * MiB;
    const reads = [nbd.pread(count, 0), nbd.pread(count, 0)];
    const data = new Uint8Array(count).fill(9);
    source.deliver(concat(simpleReply(1, 0, data), simpleReply(2, 0, data)));
    for (const bytes of await Promise.all(reads)) expect(firstDifference(bytes, data)).toBe(-1);
    expect(nbd.connected).toBe(true);
  });
});

test.for([1, 2, 3, 4, 15, 65536])('a reply into a buffer that was moved away ends with its last %i bytes', async (rest) => {
  const nbd = await newHandle();
  let events: TransportEvents | undefined;
  const source: Transport = {
    open: (given) => {
      events = given;
      for (const step of handshake('simple', 2n ** 40n)) if ('send' in step) given.data(step.send);
    },
    write: (_chunks, written) => written(),
    close: () => {},
  };
  await nbd.connectSocket(source);
  const target = new Uint8Array(65536 + rest);
  const [lost, next] = [nbdError(nbd.preadInto(target, 0)), nbd.pread(4, 0)];
  structuredClone(target.buffer, { transfer: [target.buffer] });
  events?.data(simpleReply(1, 0, new Uint8Array(65536 + rest).fill(7)));
  expect((await lost).code).toBe('EFAULT');
  events?.data(simpleReply(2, 0, Uint8Array.of(1, 2, 3, 4)));
  expect(await next).toEqual(Uint8Array.of(1, 2, 3, 4));
});
