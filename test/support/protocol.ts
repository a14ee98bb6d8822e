// The server's half of the NBD protocol, as bytes: what a scripted server sends, and how much of the client's it waits for.
// Names and numbers are those of the protocol's specification (doc/proto.md of the nbd project).
import { concat, text, u16, u32, u64 } from './bytes.js';
import type { Step } from './script.js';

export const NBD_OPT_GO = 7;
export const NBD_OPT_STRUCTURED_REPLY = 8;
export const NBD_OPT_SET_META_CONTEXT = 10;
export const NBD_OPT_EXTENDED_HEADERS = 11;

export const NBD_REP_ACK = 1;
export const NBD_REP_INFO = 3;
export const NBD_REP_META_CONTEXT = 4;
export const NBD_REP_ERR_UNSUP = 2 ** 31 + 1;
export const NBD_REP_ERR_UNKNOWN = 2 ** 31 + 6;

export const NBD_FLAG_HAS_FLAGS = 1;
export const NBD_FLAG_SEND_FLUSH = 4;

export const NBD_REPLY_FLAG_DONE = 1;
export const NBD_REPLY_TYPE_NONE = 0;
export const NBD_REPLY_TYPE_OFFSET_DATA = 1;
export const NBD_REPLY_TYPE_OFFSET_HOLE = 2;
export const NBD_REPLY_TYPE_BLOCK_STATUS = 5;
export const NBD_REPLY_TYPE_BLOCK_STATUS_EXT = 6;
export const NBD_REPLY_TYPE_ERROR = 2 ** 15 + 1;
export const NBD_REPLY_TYPE_ERROR_OFFSET = 2 ** 15 + 2;

/** Sizes of what the client sends. */
export const clientFlags = 4;
export const optionHeader = 16;
/** NBD_OPT_GO for the export '' with libnbd's one information request. */
export const optionGo = optionHeader + 4 + 0 + 2 + 2;
export const request = 28;
export const extendedRequest = 32;

export const greeting = (flags = 3): Uint8Array => concat(text('NBDMAGIC'), text('IHAVEOPT'), u16(flags));

export const optionReply = (option: number, type: number, data: Uint8Array = new Uint8Array()): Uint8Array =>
  concat(u64(0x3e889045565a9n), u32(option), u32(type), u32(data.length), data);

/** NBD_INFO_EXPORT. */
export const exportInfo = (size: bigint, flags: number): Uint8Array => concat(u16(0), u64(size), u16(flags));

/** Both replies to an NBD_OPT_GO that is granted. */
export const goReplies = (size: bigint, flags = NBD_FLAG_HAS_FLAGS): Uint8Array =>
  concat(optionReply(NBD_OPT_GO, NBD_REP_INFO, exportInfo(size, flags)), optionReply(NBD_OPT_GO, NBD_REP_ACK));

export const simpleReply = (cookie: number, error = 0, data: Uint8Array = new Uint8Array()): Uint8Array =>
  concat(u32(0x67446698), u32(error), u64(cookie), data);

/** One chunk of a structured reply. */
export const chunk = (cookie: number, flags: number, type: number, data: Uint8Array = new Uint8Array()): Uint8Array =>
  concat(u32(0x668e33ef), u16(flags), u16(type), u64(cookie), u32(data.length), data);

/** One chunk of a reply with extended headers. */
export const extendedChunk = (
  cookie: number,
  flags: number,
  type: number,
  offset: bigint,
  data: Uint8Array = new Uint8Array(),
): Uint8Array => concat(u32(0x6e8a278c), u16(flags), u16(type), u64(cookie), u64(offset), u64(data.length), data);

export type Replies = 'simple' | 'structured' | 'extended';

/** A newstyle handshake: what it ends with is an export of `size` bytes, and the kind of replies that was agreed on. */
export function handshake(replies: Replies, size: bigint, flags = NBD_FLAG_HAS_FLAGS): Step[] {
  const extended = replies === 'extended' ? NBD_REP_ACK : NBD_REP_ERR_UNSUP;
  const structured = replies === 'structured' ? NBD_REP_ACK : NBD_REP_ERR_UNSUP;
  const steps: Step[] = [
    { send: greeting() },
    { receive: clientFlags + optionHeader },
    { send: optionReply(NBD_OPT_EXTENDED_HEADERS, extended) },
  ];
  if (replies !== 'extended') {
    steps.push({ receive: optionHeader }, { send: optionReply(NBD_OPT_STRUCTURED_REPLY, structured) });
  }
  steps.push({ receive: optionGo }, { send: goReplies(size, flags) });
  return steps;
}
