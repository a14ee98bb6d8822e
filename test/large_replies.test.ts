// Block status replies of more extents than anybody wants as objects: what a callback is given is bounded, and nothing is lost.
import { CONTEXT_BASE_ALLOCATION, type NBD } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { concat, text, u16, u32, u64 } from './support/bytes.js';
import { nbdError, newHandle } from './support/handles.js';
import {
  clientFlags,
  extendedRequest,
  goReplies,
  greeting,
  NBD_OPT_EXTENDED_HEADERS,
  NBD_OPT_SET_META_CONTEXT,
  NBD_OPT_STRUCTURED_REPLY,
  NBD_REP_ACK,
  NBD_REP_ERR_UNSUP,
  NBD_REP_META_CONTEXT,
  NBD_REPLY_FLAG_DONE,
  NBD_REPLY_TYPE_BLOCK_STATUS,
  NBD_REPLY_TYPE_BLOCK_STATUS_EXT,
  optionGo,
  optionHeader,
  optionReply,
  request,
} from './support/protocol.js';
import type { Step } from './support/script.js';
import { ScriptedTransport } from './support/scripted_transport.js';

/** The most that a callback is given at once. */
const most = 2 ** 17;
const many = most + 1000;
const block = 512;
const id = 77;

const setContext = optionHeader + 4 + 0 + 4 + 4 + CONTEXT_BASE_ALLOCATION.length;

/** A handshake that ends with one metadata context. */
function handshake(isExtended: boolean, size: bigint): Step[] {
  const steps: Step[] = [
    { send: greeting() },
    { receive: clientFlags + optionHeader },
    { send: optionReply(NBD_OPT_EXTENDED_HEADERS, isExtended ? NBD_REP_ACK : NBD_REP_ERR_UNSUP) },
  ];
  if (!isExtended) steps.push({ receive: optionHeader }, { send: optionReply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ACK) });
  const granted = optionReply(NBD_OPT_SET_META_CONTEXT, NBD_REP_META_CONTEXT, concat(u32(id), text(CONTEXT_BASE_ALLOCATION)));
  const done = optionReply(NBD_OPT_SET_META_CONTEXT, NBD_REP_ACK);
  steps.push({ receive: setContext }, { send: concat(granted, done) }, { receive: optionGo }, { send: goReplies(size) });
  return steps;
}

/** So many extents of one block each, by turns data and hole, the first of them data or hole. */
function entries(isExtended: boolean, count: number, first: number): Uint8Array {
  const width = isExtended ? 16 : 8;
  const bytes = new Uint8Array(count * width);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    view.setUint32(i * width + (isExtended ? 4 : 0), block);
    view.setUint32(i * width + (isExtended ? 12 : 4), flagsOf(first + i));
  }
  return bytes;
}

const flagsOf = (index: number) => (index % 2) * 3;

/** The reply to one block status request. */
function reply(isExtended: boolean, cookie: number, count: number, first = 0): Step[] {
  const extents = entries(isExtended, count, first);
  const body = isExtended ? concat(u32(id), u32(count), extents) : concat(u32(id), extents);
  const type = isExtended ? NBD_REPLY_TYPE_BLOCK_STATUS_EXT : NBD_REPLY_TYPE_BLOCK_STATUS;
  // The chunks of support/protocol.ts would copy all of it once more.
  const head = isExtended
    ? concat(u32(0x6e8a278c), u16(NBD_REPLY_FLAG_DONE), u16(type), u64(cookie), u64(first * block), u64(body.length))
    : concat(u32(0x668e33ef), u16(NBD_REPLY_FLAG_DONE), u16(type), u64(cookie), u32(body.length));
  return [{ receive: isExtended ? extendedRequest : request }, { send: head }, { send: body }];
}

async function connectedTo(isExtended: boolean, ...replies: Step[][]): Promise<NBD> {
  const nbd = await newHandle();
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  const size = BigInt(many * block);
  await nbd.connectSocket(new ScriptedTransport([...handshake(isExtended, size), ...replies.flat()], 2 ** 16));
  expect(nbd.getExtendedHeadersNegotiated()).toBe(isExtended);
  return nbd;
}

describe.for([
  ['structured', false],
  ['extended', true],
] as const)('%s replies of more than 2^17 extents', ([, isExtended]) => {
  test('blockStatus64 gives its callback the first 2^17 of them', async () => {
    const nbd = await connectedTo(isExtended, reply(isExtended, 1, many));
    const seen: [string, bigint, number][] = [];
    let last: unknown;
    await nbd.blockStatus64(many * block, 0, (context, offset, extents) => {
      seen.push([context, offset, extents.length]);
      last = extents.at(-1);
    });
    expect(seen).toEqual([[CONTEXT_BASE_ALLOCATION, 0n, most]]);
    expect(last).toEqual({ length: BigInt(block), flags: BigInt(flagsOf(most - 1)) });
  });

  test('blockStatus does as well: an extent is two numbers', async () => {
    const nbd = await connectedTo(isExtended, reply(isExtended, 1, many));
    const seen: [string, bigint, number][] = [];
    let last: unknown;
    await nbd.blockStatus(many * block, 0, (context, offset, numbers) => {
      seen.push([context, offset, numbers.length]);
      last = numbers.slice(-2);
    });
    expect(seen).toEqual([[CONTEXT_BASE_ALLOCATION, 0n, 2 * most]]);
    expect(last).toEqual([block, flagsOf(most - 1)]);
  });

  test('blockStatusArrays has all of them, as one array', async () => {
    const nbd = await connectedTo(isExtended, reply(isExtended, 1, many));
    const found = await nbd.blockStatusArrays(many * block, 0);
    expect([...found.keys()]).toEqual([CONTEXT_BASE_ALLOCATION]);
    const array = found.get(CONTEXT_BASE_ALLOCATION);
    expect(array?.length).toBe(2 * many);
    expect(array?.slice(0, 4)).toEqual(BigUint64Array.of(512n, 0n, 512n, 3n));
    expect(array?.slice(-2)).toEqual(BigUint64Array.of(512n, BigInt(flagsOf(many - 1))));
  });

  test('extents() has all of them', async () => {
    const nbd = await connectedTo(isExtended, reply(isExtended, 1, many));
    let count = 0;
    let position = 0n;
    for await (const { offset, length, flags } of nbd.extents()) {
      if (offset !== position || length !== 512n || flags !== BigInt(flagsOf(count))) throw new Error(`extent ${count} is wrong`);
      position += length;
      count++;
    }
    expect([count, position]).toEqual([many, nbd.getSize()]);
  });

  test('extents() asks again for what a shorter reply has left out', async () => {
    const nbd = await connectedTo(isExtended, reply(isExtended, 1, 999), reply(isExtended, 2, many - 999, 999));
    let count = 0;
    for await (const { flags } of nbd.extents()) if (flags === BigInt(flagsOf(count))) count++;
    expect(count).toBe(many);
  });
});

test('blockStatusArrays names the call of libnbd in its errors', async () => {
  const nbd = await newHandle();
  const error = await nbdError(nbd.blockStatusArrays(512, 0));
  expect([error.message, error.code]).toEqual([
    'nbd_block_status_64: invalid state: START: the handle must be connected with the server: Socket not connected',
    'ENOTCONN',
  ]);
});
