// The handshake, followed on both sides: what the client may say, and where the server's answer to it ends.
//
// Client and server speak by turns. The next option is looked at when the server has answered the last one, so that the
// proxy knows from the server itself what was agreed on, and whether requests follow or further options. A client that says
// more at once waits.
import { closeCode } from '../transports/close_codes.js';
import { Violation } from './ending.js';
import { type Option, optionBytes, optionHeaderSize, readOption, readOptionHeader, withExportName } from './option_shapes.js';
import * as nbd from './protocol.js';
import type { Agreed } from './request_shapes.js';

/** The next step needs so many bytes of one side. */
export interface Turn {
  readonly of: 'client' | 'server';
  readonly count: number;
}

/** Where the handshake's own words go. The server's pass to the client by themselves. */
export interface Outlet {
  toServer(bytes: Buffer): void;
  toClient(bytes: Buffer): void;
}

/** Takes turns, each answered with its bytes, until requests may follow. */
export type Handshake = Generator<Turn, Agreed, Buffer>;

/** The proxy refuses so many lists itself. No server slows down who asks for more and reads no answer; nbdkit bounds options likewise. */
const maxRefusedLists = 32;

const client = (count: number): Turn => ({ of: 'client', count });
const server = (count: number): Turn => ({ of: 'server', count });

/**
 * @param confinedTo The one export that the client may open, under its name or under none; undefined for any.
 */
export function* handshake(outlet: Outlet, confinedTo: Buffer | undefined): Handshake {
  const { isFixed, hasZeroes } = yield* flags(outlet);
  let hasExtendedHeaders = false;
  let refusedLists = 0;
  for (;;) {
    const option = yield* clientOption(isFixed);
    if (confinedTo !== undefined && option.number === nbd.NBD_OPT_LIST) {
      if (refusedLists++ === maxRefusedLists) throw new Violation(`option ${option.number} (LIST) was refused too often`);
      outlet.toClient(refusal(option.number, 'this target leads to one export, which needs no name'));
      continue;
    }
    outlet.toServer(optionBytes(confined(option, confinedTo)));
    if (option.number === nbd.NBD_OPT_EXPORT_NAME) {
      return { hasExtendedHeaders, hasStatusPayload: yield* exportInformation(hasZeroes) };
    }
    const { isAgreed, exportFlags } = yield* serverReplies(option.number);
    if (!isAgreed) continue;
    if (option.number === nbd.NBD_OPT_EXTENDED_HEADERS) hasExtendedHeaders = true;
    if (option.number === nbd.NBD_OPT_GO) return { hasExtendedHeaders, hasStatusPayload: hasStatusPayload(exportFlags) };
  }
}

/** The server's greeting: the flags that it offers, of those that the protocol has. */
export function* serverGreeting(): Generator<Turn, number, Buffer> {
  const greeting = yield server(18);
  if (!greeting.subarray(0, 8).equals(nbd.NBDMAGIC)) throw new Violation('what the server sends is not NBD');
  if (!greeting.subarray(8, 16).equals(nbd.IHAVEOPT)) throw new Violation('the server speaks an old protocol, without options');
  return greeting.readUInt16BE(16) & (nbd.NBD_FLAG_FIXED_NEWSTYLE | nbd.NBD_FLAG_NO_ZEROES);
}

/** The client's flags. Throws a {@link Violation} where there is one that the server has not offered. */
export function checkFlags(chosen: number, offered: number): void {
  if ((chosen & ~offered) === 0) return;
  const hex = (flags: number) => `0x${flags.toString(16)}`;
  throw new Violation(`flags ${hex(chosen)} of the client: the server offers ${hex(offered)}`);
}

function* flags(outlet: Outlet): Generator<Turn, { isFixed: boolean; hasZeroes: boolean }, Buffer> {
  const offered = yield* serverGreeting();
  const answer = yield client(4);
  const chosen = answer.readUInt32BE();
  checkFlags(chosen, offered);
  outlet.toServer(answer);
  return { isFixed: (chosen & nbd.NBD_FLAG_FIXED_NEWSTYLE) !== 0, hasZeroes: (chosen & nbd.NBD_FLAG_NO_ZEROES) === 0 };
}

function* clientOption(isFixed: boolean): Generator<Turn, Option, Buffer> {
  const { number, length } = readOptionHeader(yield client(optionHeaderSize));
  // A server of the first newstyle protocol has no answer to any other.
  if (!isFixed && number !== nbd.NBD_OPT_EXPORT_NAME) {
    throw new Violation(`option ${number} is refused: the client’s flags allow EXPORT_NAME alone`);
  }
  return readOption(number, yield client(length));
}

function confined(option: Option, name: Buffer | undefined): Option {
  const { exportName } = option;
  if (name === undefined || exportName === undefined || exportName.equals(name)) return option;
  if (exportName.length === 0) return withExportName(option, name);
  throw new Violation(`unknown export ${exportName}: this target leads to another`, closeCode.unknownTarget);
}

// The answer to EXPORT_NAME. A server that does not have the export closes the connection.
function* exportInformation(hasZeroes: boolean): Generator<Turn, boolean, Buffer> {
  const information = yield server(10);
  const exportFlags = information.readUInt16BE(8);
  if (hasZeroes) yield server(124);
  return hasStatusPayload(exportFlags);
}

/** All replies to an option, the last of which says whether the server agrees. */
export function* serverReplies(option: number): Generator<Turn, { isAgreed: boolean; exportFlags: number }, Buffer> {
  let exportFlags = 0;
  for (;;) {
    const header = yield server(20);
    const [number, type] = [header.readUInt32BE(8), header.readUInt32BE(12)];
    if (!header.subarray(0, 8).equals(nbd.NBD_REP_MAGIC))
      throw new Violation('what the server sends is not a reply to an option');
    if (number !== option) throw new Violation(`the server replies to option ${number}, and was asked for option ${option}`);
    const start = yield* replyData(header.readUInt32BE(16));
    if (type === nbd.NBD_REP_ACK) return { isAgreed: true, exportFlags };
    if (type >= 2 ** 31) return { isAgreed: false, exportFlags };
    if (type !== nbd.NBD_REP_SERVER && type !== nbd.NBD_REP_INFO && type !== nbd.NBD_REP_META_CONTEXT) {
      throw new Violation(`the server’s reply to option ${option} is of the unknown type ${type}`);
    }
    const isExport = type === nbd.NBD_REP_INFO && start.length >= 12 && start.readUInt16BE(0) === nbd.NBD_INFO_EXPORT;
    if (isExport) exportFlags = start.readUInt16BE(10);
  }
}

/** The data of a reply is counted, and only its beginning is looked at. */
function* replyData(length: number): Generator<Turn, Buffer, Buffer> {
  const start = yield server(Math.min(length, 12));
  for (let left = length - start.length; left > 0; ) left -= (yield server(Math.min(left, 2 ** 16))).length;
  return start;
}

const hasStatusPayload = (exportFlags: number) => (exportFlags & nbd.NBD_FLAG_BLOCK_STATUS_PAYLOAD) !== 0;

/** The proxy's own reply to an option, as a server gives it whose policy forbids it. */
function refusal(option: number, reason: string): Buffer {
  const message = Buffer.from(reason);
  const header = Buffer.alloc(20);
  nbd.NBD_REP_MAGIC.copy(header);
  header.writeUInt32BE(option, 8);
  header.writeUInt32BE(nbd.NBD_REP_ERR_POLICY, 12);
  header.writeUInt32BE(message.length, 16);
  return Buffer.concat([header, message]);
}
