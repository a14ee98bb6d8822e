// A reply's header comes to libnbd whole, however it is cut on its way.
//
// libnbd looks a reply's command up when the header begins, again when the reply is over, and asserts that they are the same
// (generator/states-reply.c). They would not be, had the client come to use that cookie in between.
import fc from 'fast-check';
import { type Library, load, type NBD, NBDError } from 'libnbd-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat, pattern, u32, u64 } from './support/bytes.js';
import { connected, nbdError, newHandle } from './support/handles.js';
import { internals } from './support/internals.js';
import { peer } from './support/platform.js';
import {
  chunk,
  extendedChunk,
  extendedRequest,
  handshake,
  NBD_REPLY_FLAG_DONE,
  NBD_REPLY_TYPE_NONE,
  NBD_REPLY_TYPE_OFFSET_DATA,
  type Replies,
  request,
  simpleReply,
} from './support/protocol.js';
import type { Step } from './support/script.js';
import { ScriptedTransport } from './support/scripted_transport.js';

const size = 2n ** 20n;
const count = 64;

let lib: Library;
beforeAll(async () => {
  lib = await load();
});

const kinds = ['simple', 'structured', 'extended'] as const;
const headerSize = { simple: 16, structured: 20, extended: 32 };
const magic = { simple: 0x67446698, structured: 0x668e33ef, extended: 0x6e8a278c };
const requestSize = { simple: request, structured: request, extended: extendedRequest };

/** The reply to the read with this cookie, of the same number of bytes each. */
function replyTo(replies: Replies, cookie: number): Uint8Array {
  const offset = (cookie - 1) * count;
  const data = pattern(offset, count);
  if (replies === 'simple') return simpleReply(cookie, 0, data);
  const body = concat(u64(offset), data);
  if (replies === 'structured') return chunk(cookie, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_OFFSET_DATA, body);
  return extendedChunk(cookie, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_OFFSET_DATA, BigInt(offset), body);
}

/** Reads what the reply to this cookie brings. */
const read = (nbd: NBD, cookie: number) => nbd.pread(count, (cookie - 1) * count);

async function connectedTo(replies: Replies, steps: Step[], lib?: Library): Promise<NBD> {
  const nbd = await newHandle(lib);
  await nbd.connectSocket(new ScriptedTransport([...handshake(replies, size), ...steps]));
  return nbd;
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

async function expectUnbroken(): Promise<void> {
  expect(internals(lib).module.broken).toBeUndefined();
  const nbd = await connectedTo('simple', [{ receive: request }, { send: simpleReply(1, 0, pattern(0, count)) }], lib);
  expect(await read(nbd, 1)).toEqual(pattern(0, count));
  nbd.close();
}

describe.for(kinds)('%s replies', (replies) => {
  const whole = replyTo(replies, 1);
  const cuts = Array.from({ length: whole.length - 1 }, (_, i) => i + 1);

  test('cut in two at every byte', async () => {
    for (const at of cuts) {
      const nbd = await connectedTo(replies, [
        { receive: requestSize[replies] },
        { send: whole.subarray(0, at) },
        { send: whole.subarray(at) },
      ]);
      expect(await read(nbd, 1), `at ${at}`).toEqual(pattern(0, count));
      nbd.close();
    }
  });

  test('byte by byte, one after another', async () => {
    const all = concat(...Array.from({ length: 20 }, (_, i) => replyTo(replies, i + 1)));
    const nbd = await newHandle();
    const script = [...handshake(replies, size), { receive: 20 * requestSize[replies] }, { send: all }];
    await nbd.connectSocket(new ScriptedTransport(script, 1));
    const reads = await Promise.all(Array.from({ length: 20 }, (_, i) => read(nbd, i + 1)));
    for (const [i, bytes] of reads.entries()) expect(bytes).toEqual(pattern(i * count, count));
  });

  test('a request is made between any two bytes of an earlier one’s reply', async () => {
    for (const at of cuts) {
      const nbd = await connectedTo(replies, [
        { receive: requestSize[replies] },
        { send: whole.subarray(0, at) },
        { receive: requestSize[replies] },
        { send: concat(whole.subarray(at), replyTo(replies, 2)) },
      ]);
      const first = read(nbd, 1);
      await turn();
      expect(await read(nbd, 2), `at ${at}`).toEqual(pattern(count, count));
      expect(await first).toEqual(pattern(0, count));
      nbd.close();
    }
  });

  test('that come before their request, cut at every byte, cost no instance', async () => {
    const early = replyTo(replies, 2);
    for (let at = 1; at < early.length; at++) {
      const nbd = await connectedTo(
        replies,
        [
          { receive: requestSize[replies] },
          { send: early.subarray(0, at) },
          { receive: requestSize[replies] },
          { send: concat(early.subarray(at), whole) },
        ],
        lib,
      );
      const first = failureOf(read(nbd, 1));
      await turn();
      const second = await failureOf(read(nbd, 2));
      if (at < headerSize[replies]) {
        // The header was not whole when the request was made: libnbd finds the command of it.
        expect([await first, second], `at ${at}`).toEqual([undefined, undefined]);
      } else {
        for (const error of [await first, second]) {
          if (error !== undefined) expect(error, `at ${at}`).toBeInstanceOf(NBDError);
        }
      }
      nbd.close();
      expect(internals(lib).module.broken, `at ${at}`).toBeUndefined();
    }
    await expectUnbroken();
  });

  test('whose stream ends inside of the header, at every byte', async () => {
    for (let at = 0; at < headerSize[replies]; at++) {
      for (const close of ['end', 'reset'] as const) {
        const nbd = await connectedTo(
          replies,
          [{ receive: requestSize[replies] }, { send: whole.subarray(0, at) }, { close }],
          lib,
        );
        const error = await nbdError(read(nbd, 1));
        expect(error.isFatal, `${close} at ${at}`).toBe(true);
        expect(error.message).toMatch(/^nbd_pread: /);
        if (close === 'reset') expect(error.code).toBe('ECONNRESET');
        nbd.close();
      }
    }
    await expectUnbroken();
  });

  // libnbd is told at once of a magic that is not its own: it must not wait for the rest of a header that never comes.
  const foreign: [string, number][] = [
    ['that nobody knows', 0x12345678],
    ['of a request', 0x25609513],
    ['of zeroes', 0],
    ['of ones', 0xffffffff],
    ...kinds
      .filter((kind) => (kind === 'extended') !== (replies === 'extended'))
      .map((kind): [string, number] => [`of ${kind} replies`, magic[kind]]),
  ];
  test.for(foreign)('with a magic %s are refused before their header is whole', async ([, value]) => {
    for (const bytes of [u32(value), concat(u32(value), new Uint8Array(12))]) {
      const nbd = await connectedTo(replies, [{ receive: requestSize[replies] }, { send: bytes }], lib);
      const text = `invalid or unexpected reply magic 0x${value.toString(16)}`;
      if (bytes.length === 4 && replies !== 'extended') {
        // libnbd itself waits for the 16 bytes of a simple header; what matters is that the end of the stream ends the wait.
        const reading = nbdError(read(nbd, 1));
        nbd.close();
        expect((await reading).code).toBe('ENOTCONN');
        continue;
      }
      const error = await nbdError(read(nbd, 1));
      expect(error.message).toContain(text);
      expect(error.isFatal).toBe(true);
      nbd.close();
    }
    await expectUnbroken();
  });
});

test('made by fast-check: replies of any order and size of pieces, with requests between any of them', async () => {
  const piece = fc.integer({ min: 1, max: 90 });
  const property = fc.asyncProperty(
    fc.constantFrom(...kinds),
    fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }),
    fc.array(piece, { minLength: 4, maxLength: 12 }),
    async (replies, cookies, pieces) => {
      const bytes = concat(...cookies.map((cookie) => replyTo(replies, cookie)));
      const steps: Step[] = [];
      let at = 0;
      for (const length of pieces) {
        steps.push({ receiveOrEnd: requestSize[replies] }, { send: bytes.subarray(at, at + length) });
        at += length;
      }
      steps.push({ close: 'end' });
      using nbd = lib.create();
      await nbd.connectSocket(new ScriptedTransport([...handshake(replies, size), ...steps]));
      const reads: Promise<unknown>[] = [];
      for (let cookie = 1; cookie <= pieces.length; cookie++) {
        reads.push(failureOf(read(nbd, cookie)));
        await Promise.resolve();
      }
      for (const error of await Promise.all(reads)) if (error !== undefined) expect(error).toBeInstanceOf(NBDError);
      expect(internals(lib).module.broken).toBeUndefined();
    },
  );
  await fc.assert(property, { numRuns: 500 });
  await expectUnbroken();
});

// Over a real socket, whose pieces the kernel may join.
test.for([1, 4, 15, 16, 18, 19])('a reply before its request, its header cut at %i bytes, over a socket', async (at) => {
  const early = replyTo('structured', 2);
  const script = [
    ...handshake('structured', size),
    { receive: request },
    { send: early.subarray(0, at) },
    { receive: request },
    { send: early.subarray(at) },
  ];
  const nbd = await connected(await peer(script), () => {}, lib);
  const first = nbd.pread(count, 0).catch(() => {}); // the peer answers only the second one
  expect(await read(nbd, 2)).toEqual(pattern(count, count));
  nbd.close();
  await first;
  await expectUnbroken();
});

test('a chunk without payload, and one more of the same reply', async () => {
  const none = chunk(1, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_NONE);
  const data = chunk(1, 0, NBD_REPLY_TYPE_OFFSET_DATA, concat(u64(0), pattern(0, count)));
  for (let at = 1; at < none.length; at++) {
    const steps = [{ receive: request }, { send: concat(data, none.subarray(0, at)) }, { send: none.subarray(at) }];
    expect(await read(await connectedTo('structured', steps), 1)).toEqual(pattern(0, count));
  }
});

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}
