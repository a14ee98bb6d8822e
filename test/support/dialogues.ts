// Whole conversations of a scripted server with one client, and what that client makes of them.
import { CONTEXT_BASE_ALLOCATION, type NBD, type SocketLike } from 'libnbd-wasm';
import { concat, pattern, text, u16, u32, u64 } from './bytes.js';
import {
  chunk,
  clientFlags,
  extendedChunk,
  extendedRequest,
  goReplies,
  greeting,
  NBD_FLAG_HAS_FLAGS,
  NBD_FLAG_SEND_FLUSH,
  NBD_OPT_EXTENDED_HEADERS,
  NBD_OPT_SET_META_CONTEXT,
  NBD_OPT_STRUCTURED_REPLY,
  NBD_REP_ACK,
  NBD_REP_ERR_UNSUP,
  NBD_REP_META_CONTEXT,
  NBD_REPLY_FLAG_DONE,
  NBD_REPLY_TYPE_BLOCK_STATUS,
  NBD_REPLY_TYPE_BLOCK_STATUS_EXT,
  NBD_REPLY_TYPE_ERROR,
  NBD_REPLY_TYPE_NONE,
  NBD_REPLY_TYPE_OFFSET_DATA,
  NBD_REPLY_TYPE_OFFSET_HOLE,
  optionGo,
  optionHeader,
  optionReply,
  type Replies,
  request,
  simpleReply,
} from './protocol.js';
import type { Step } from './script.js';

const size = 2n ** 63n - 1n;
const flags = NBD_FLAG_HAS_FLAGS | NBD_FLAG_SEND_FLUSH;
const serverError = concat(u32(28), u16(9), text('disk full')); // ENOSPC

/** The server's part: the handshake, a read of 1024 bytes, a block status, a flush that fails, and the end. */
export function dialogue(replies: Replies): Step[] {
  const context = optionHeader + 4 + 0 + 4 + 4 + CONTEXT_BASE_ALLOCATION.length;
  const steps: Step[] = [{ send: greeting() }, { receive: clientFlags + optionHeader }];
  const acknowledge = (option: number, isGranted: boolean) =>
    steps.push({ send: optionReply(option, isGranted ? NBD_REP_ACK : NBD_REP_ERR_UNSUP) });
  acknowledge(NBD_OPT_EXTENDED_HEADERS, replies === 'extended');
  if (replies !== 'extended') {
    steps.push({ receive: optionHeader });
    acknowledge(NBD_OPT_STRUCTURED_REPLY, replies === 'structured');
  }
  if (replies !== 'simple') {
    const granted = concat(u32(77), text(CONTEXT_BASE_ALLOCATION));
    steps.push({ receive: context });
    steps.push({ send: optionReply(NBD_OPT_SET_META_CONTEXT, NBD_REP_META_CONTEXT, granted) });
    steps.push({ send: optionReply(NBD_OPT_SET_META_CONTEXT, NBD_REP_ACK) });
  }
  steps.push({ receive: optionGo }, { send: goReplies(size, flags) }, ...transmission[replies], { close: 'end' });
  return steps;
}

const transmission: Record<Replies, Step[]> = {
  simple: [
    { receive: request },
    { send: simpleReply(1, 0, pattern(4096, 1024)) },
    { receive: request },
    { send: simpleReply(2, 28) },
    { receive: request },
  ],
  structured: [
    { receive: request },
    { send: chunk(1, 0, NBD_REPLY_TYPE_OFFSET_DATA, concat(u64(4608), pattern(4608, 512))) },
    { send: chunk(1, 0, NBD_REPLY_TYPE_OFFSET_HOLE, concat(u64(4352), u32(256))) },
    { send: chunk(1, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_OFFSET_DATA, concat(u64(4096), pattern(4096, 256))) },
    { receive: request },
    { send: chunk(2, 0, NBD_REPLY_TYPE_BLOCK_STATUS, concat(u32(77), u32(65536), u32(0), u32(2 ** 31), u32(3))) },
    { send: chunk(2, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_NONE) },
    { receive: request },
    { send: chunk(3, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_ERROR, serverError) },
    { receive: request },
  ],
  extended: [
    { receive: extendedRequest },
    { send: extendedChunk(1, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_OFFSET_DATA, 4096n, concat(u64(4096), pattern(4096, 1024))) },
    { receive: extendedRequest },
    {
      send: extendedChunk(
        2,
        NBD_REPLY_FLAG_DONE,
        NBD_REPLY_TYPE_BLOCK_STATUS_EXT,
        0n,
        concat(u32(77), u32(2), u64(2n ** 40n), u64(0), u64(2n ** 33n), u64(3)),
      ),
    },
    { receive: extendedRequest },
    { send: extendedChunk(3, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_ERROR, 0n, serverError) },
    { receive: extendedRequest },
  ],
};

/** How one call ended, in a form that can be compared: its result, or its error. */
export type Outcome = { result: unknown } | { error: unknown };

/** The client's part: everything that it saw. */
export async function converse(nbd: NBD, socket: SocketLike): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const attempt = async (call: () => unknown) => {
    try {
      outcomes.push({ result: await call() });
    } catch (error) {
      outcomes.push({ error });
    }
  };
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  await attempt(() => nbd.connectSocket(socket));
  await attempt(() => [nbd.getSize(), nbd.canFlush(), nbd.getProtocol(), nbd.getExtendedHeadersNegotiated()]);
  await attempt(() => nbd.pread(1024, 4096));
  if (hasContext(nbd)) {
    await attempt(async () => {
      const seen: unknown[] = [];
      await nbd.blockStatus64(2 ** 31, 0, (...args) => void seen.push(args));
      return seen;
    });
  }
  await attempt(() => nbd.flush());
  await attempt(() => nbd.shutdown());
  return outcomes;
}

// libnbd refuses the question where no context was negotiated.
function hasContext(nbd: NBD): boolean {
  try {
    return nbd.canMetaContext(CONTEXT_BASE_ALLOCATION);
  } catch {
    return false;
  }
}
