// libnbd looks for the command of a reply as soon as it has read the reply's header. It may read the header in two parts, and a command
// that was issued between them makes an assertion of its fail (states-reply.c). So it is handed a header whole, as a socket with
// SO_RCVLOWAT would.
import type { Socket } from './socket.js';

/** The headers that replies have: none in negotiation, compact ones, or extended ones. The numbers are those of wasm/pump.c. */
export const noHeaders = 0;
export const extendedHeaders = 2;
export type ReplyHeaders = number;

const simpleReplyMagic = 0x67446698;
const structuredReplyMagic = 0x668e33ef;
const extendedReplyMagic = 0x6e8a278c;
const longestHeader = 32;

/** Whether the next bytes are a part of a header. A short read says that libnbd is in the middle of something else. */
export function isHeaderPartial(socket: Socket, headers: ReplyHeaders): boolean {
  const { unread } = socket;
  if (unread >= longestHeader || headers === noHeaders || socket.isOver || socket.isMidRead) return false;
  return unread < headerSize(socket.peekUint32(), headers);
}

// libnbd refuses any other magic number as soon as it has read that.
function headerSize(magic: number | undefined, headers: ReplyHeaders): number {
  if (headers === extendedHeaders) return magic === extendedReplyMagic ? 32 : 4;
  return magic === simpleReplyMagic ? 16 : magic === structuredReplyMagic ? 20 : 4;
}
