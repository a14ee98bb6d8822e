// Back-pressure, seen by a transport: what it is given to write is bounded until it has passed it on, and what it delivers
// that nobody reads makes the library ask it to pause.
import { load, type Transport, type TransportEvents } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { newHandle } from './support/handles.js';
import { handshake, simpleReply } from './support/protocol.js';

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
  const reads = Array.from({ length: 1000 }, (_, i) => nbd.pread(1, i));
  await settled();
  expect(transport.given - before).toBe(1000 * 28);
  expect(transport.waiting.length - writes).toBe(1);
  for (let cookie = 1; cookie <= 1000; cookie++) transport.events.data(simpleReply(cookie, 0, Uint8Array.of(cookie)));
  for (const [i, bytes] of (await Promise.all(reads)).entries()) expect(bytes[0]).toBe((i + 1) % 256);
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
