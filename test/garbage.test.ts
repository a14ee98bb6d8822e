// A peer that does not speak NBD, or speaks it wrong: every call ends with an NBDError, the module goes on, nothing is left.
import fc from 'fast-check';
import { type Library, load, NBDError } from 'libnbd-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { concat, noise, pattern, text, u16, u32, u64 } from './support/bytes.js';
import { converse, dialogue, type Outcome } from './support/dialogues.js';
import { connected, nbdError, newHandle } from './support/handles.js';
import { holdings, internals, nothing } from './support/internals.js';
import { peer } from './support/platform.js';
import {
  chunk,
  greeting,
  handshake,
  NBD_OPT_EXTENDED_HEADERS,
  NBD_OPT_GO,
  NBD_REP_ACK,
  NBD_REP_ERR_UNSUP,
  NBD_REPLY_FLAG_DONE,
  NBD_REPLY_TYPE_OFFSET_DATA,
  NBD_REPLY_TYPE_OFFSET_HOLE,
  optionReply,
  request,
  simpleReply,
} from './support/protocol.js';
import type { Step } from './support/script.js';
import { ScriptedTransport } from './support/scripted_transport.js';

let lib: Library;
beforeAll(async () => {
  lib = await load();
});

describe('instead of a greeting', () => {
  test.for<[string, Uint8Array]>([
    ['HTTP', text('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
    ['SSH', text('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n')],
    ['SMTP', text('220 mail.example ESMTP Postfix\r\n')],
    ['a TLS alert', concat(Uint8Array.of(0x15, 3, 1, 0, 2, 2, 22), new Uint8Array(20))],
    ['zeroes', new Uint8Array(2 ** 20)],
    ['ones', new Uint8Array(2 ** 20).fill(0xff)],
    ['noise', noise(2 ** 20)],
    ['half of it right', concat(text('NBDMAGIC'), noise(100))],
    ['the magic of another century', concat(text('NBDMAGIC'), text('IHAVEOPS'), u16(3))],
  ])('%s', async ([, bytes]) => {
    const error = await nbdError(connected(await peer([{ send: bytes }])));
    expect(error.message).toMatch(/^nbd_connect_socket: .*(magic|NBD server)/);
  });
});

const toFirstOption: Step[] = [{ send: greeting() }, { receive: 4 + 16 }];

describe('in the handshake', () => {
  test.for<[string, Uint8Array]>([
    ['a reply without its magic', concat(u64(1), new Uint8Array(12))],
    ['a reply to another option', optionReply(NBD_OPT_GO, NBD_REP_ACK)],
    ['a reply of a gigabyte', concat(optionReply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ERR_UNSUP).subarray(0, 16), u32(2 ** 30))],
    ['an option reply that is noise', noise(4096)],
  ])('%s', async ([, bytes]) => {
    const error = await nbdError(connected(await peer([...toFirstOption, { send: bytes }])));
    expect(error.message).toMatch(/^nbd_connect_socket: /);
  });
});

describe('instead of a reply', () => {
  const bad: [string, 'simple' | 'structured', Uint8Array][] = [
    ['noise', 'simple', noise(4096)],
    ['a cookie that nobody sent', 'simple', simpleReply(99)],
    ['a request', 'simple', concat(u32(0x25609513), new Uint8Array(24))],
    ['a structured reply that was not agreed on', 'simple', chunk(1, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_OFFSET_DATA, u64(0))],
    ['a simple reply to a structured read', 'structured', simpleReply(1, 0, pattern(0, 512))],
    ['data before the request’s', 'structured', chunk(1, 1, NBD_REPLY_TYPE_OFFSET_DATA, concat(u64(0), pattern(0, 512)))],
    ['data beyond the request’s', 'structured', chunk(1, 1, NBD_REPLY_TYPE_OFFSET_DATA, concat(u64(4097), pattern(0, 512)))],
    ['a hole beyond the request', 'structured', chunk(1, 1, NBD_REPLY_TYPE_OFFSET_HOLE, concat(u64(4096), u32(2 ** 32 - 1)))],
    ['a chunk without its offset', 'structured', chunk(1, 1, NBD_REPLY_TYPE_OFFSET_DATA, u32(0))],
    ['a chunk of 4 GiB', 'structured', concat(chunk(1, 1, NBD_REPLY_TYPE_OFFSET_DATA).subarray(0, 16), u32(2 ** 32 - 1))],
    ['a chunk of a type that is not known', 'structured', chunk(1, 1, 4242, new Uint8Array(8))],
    ['an error with a message longer than itself', 'structured', chunk(1, 1, 2 ** 15 + 1, concat(u32(5), u16(65535)))],
    ['an error of type 0', 'structured', chunk(1, 1, 2 ** 15 + 1, concat(u32(0), u16(0)))],
  ];

  test.for(bad)('%s (%s replies)', async ([, replies, bytes]) => {
    const script = [...handshake(replies, 2n ** 20n), { receive: request }, { send: bytes }, { close: 'end' as const }];
    const nbd = await connected(await peer(script));
    const around = new Uint8Array(1024 + 512).fill(0xaa);
    const [first, second] = await Promise.all([
      nbdError(nbd.preadInto(around.subarray(512, 1024), 4096)),
      nbdError(nbd.pread(512, 0)),
    ]);
    expect(first.message).toMatch(/^nbd_pread: /);
    expect(second.message).toMatch(/^nbd_pread: /);
    expect(around.subarray(0, 512).every((byte) => byte === 0xaa)).toBe(true);
    expect(around.subarray(1024).every((byte) => byte === 0xaa)).toBe(true);
  });

  test('after the right reply: what was answered counts, and what comes next fails', async () => {
    const answer = concat(simpleReply(1, 0, pattern(0, 512)), noise(100));
    const nbd = await connected(await peer([...handshake('simple', 512n), { receive: request }, { send: answer }]));
    expect(await nbd.pread(512, 0)).toEqual(pattern(0, 512));
    await nbdError(nbd.pread(1, 0));
    expect(nbd.aioIsDead()).toBe(true);
  });
});

/** Plays a script to one client, which has to come to an end whatever it says. */
async function survive(script: Step[], pieceSize: number): Promise<void> {
  const outcomes = await conversation(script.map(impatient), pieceSize);
  for (const outcome of outcomes) if ('error' in outcome) expect(outcome.error).toBeInstanceOf(NBDError);
  expect(holdings(lib)).toEqual(nothing);
  expect(internals(lib).module.broken).toBeUndefined();
}

async function conversation(script: Step[], pieceSize: number): Promise<Outcome[]> {
  using nbd = lib.create();
  return await converse(nbd, new ScriptedTransport(script, pieceSize));
}

// A changed dialogue may leave both sides waiting for each other, as it would two real programs.
function impatient(step: Step): Step {
  return 'receive' in step ? { receiveOrEnd: step.receive } : step;
}

describe('made by fast-check', () => {
  const pieceSize = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 40 }));
  const bytes = fc.uint8Array({ maxLength: 300 });

  test('bytes at random', async () => {
    const property = fc.asyncProperty(bytes, pieceSize, (bytes, size) => survive([{ send: bytes }, { close: 'end' }], size));
    await fc.assert(property, { numRuns: 500 });
  });

  test('bytes at random after each part of a dialogue', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom('simple' as const, 'structured' as const, 'extended' as const),
      fc.nat(),
      bytes,
      pieceSize,
      (replies, position, bytes, size) => {
        const script = dialogue(replies);
        return survive([...script.slice(0, position % script.length), { send: bytes }, { close: 'end' }], size);
      },
    );
    await fc.assert(property, { numRuns: 1000 });
  });

  test('a dialogue with some of its bytes changed', async () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(
      fc.constantFrom('simple' as const, 'structured' as const, 'extended' as const),
      changes,
      pieceSize,
      async (replies, changes, size) => {
        const script = dialogue(replies).map((step) => ('send' in step ? { send: step.send.slice() } : step));
        const sent = script.flatMap((step) => ('send' in step ? [step.send] : []));
        for (const [position, value] of changes) {
          const chosen = sent[position % sent.length];
          // The beginning is where the structure is.
          if (chosen !== undefined) chosen[Math.floor(position / sent.length) % Math.min(chosen.length, 60)] = value;
        }
        await survive(script, size);
      },
    );
    await fc.assert(property, { numRuns: 1500 });
  });
});

test('an instance that has seen all of that still works', async () => {
  const nbd = await newHandle(lib);
  const outcomes = await converse(nbd, new ScriptedTransport(dialogue('structured')));
  expect(outcomes.filter((outcome) => 'error' in outcome).length).toBe(1); // the flush, whose error is part of the dialogue
});
