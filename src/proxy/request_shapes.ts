// The requests that change nothing, as --read-only lets them through: in the one kind of header that was agreed on, with
// the flags that the protocol has for each, and without a payload but the one that a block status may have.
import { closeCode } from '../transports/close_codes.js';
import { Violation } from './ending.js';
import * as nbd from './protocol.js';

/** What client and server have agreed on before the first request. */
export interface Agreed {
  readonly hasExtendedHeaders: boolean;
  /** Whether the server takes a block status with a payload. */
  readonly hasStatusPayload: boolean;
}

const compactSize = 28;
const extendedSize = 32;
/** A block status may name contexts in this many bytes. */
const maxPayload = 2 ** 16;

/** The commands that change nothing, and the flags that each may have. Clients are known to set FUA on any. */
const reads: ReadonlyMap<number, { name: string; flags: number; hasRange: boolean }> = new Map([
  [nbd.NBD_CMD_READ, { name: 'READ', flags: nbd.NBD_CMD_FLAG_FUA | nbd.NBD_CMD_FLAG_DF, hasRange: true }],
  [nbd.NBD_CMD_DISC, { name: 'DISC', flags: nbd.NBD_CMD_FLAG_FUA, hasRange: false }],
  [nbd.NBD_CMD_FLUSH, { name: 'FLUSH', flags: nbd.NBD_CMD_FLAG_FUA, hasRange: false }],
  [nbd.NBD_CMD_CACHE, { name: 'CACHE', flags: nbd.NBD_CMD_FLAG_FUA, hasRange: true }],
  [nbd.NBD_CMD_BLOCK_STATUS, { name: 'BLOCK_STATUS', flags: nbd.NBD_CMD_FLAG_FUA | nbd.NBD_CMD_FLAG_REQ_ONE, hasRange: true }],
]);
const changes: ReadonlyMap<number, string> = new Map([
  [nbd.NBD_CMD_WRITE, 'WRITE'],
  [nbd.NBD_CMD_TRIM, 'TRIM'],
  [nbd.NBD_CMD_WRITE_ZEROES, 'WRITE_ZEROES'],
  [nbd.NBD_CMD_RESIZE, 'RESIZE'],
]);

/**
 * How many bytes a request has, its payload included; if its header has not come yet, how many its header has. Throws a
 * {@link Violation} for one that may not pass, as soon as its header is there.
 */
export function requestSize(bytes: Buffer, agreed: Agreed): number {
  const headerSize = agreed.hasExtendedHeaders ? extendedSize : compactSize;
  if (bytes.length < headerSize) return headerSize;
  const magic = agreed.hasExtendedHeaders ? nbd.NBD_EXTENDED_REQUEST_MAGIC : nbd.NBD_REQUEST_MAGIC;
  if (bytes.compare(magic, 0, 4, 0, 4) !== 0) throw new Violation('what the client sends is not an NBD request');
  const [flags, command] = [bytes.readUInt16BE(4), bytes.readUInt16BE(6)];
  const read = reads.get(command);
  if (read === undefined) {
    throw new Violation(`read-only: ${changes.get(command) ?? `command ${command}`} is refused`, closeCode.readOnly);
  }
  const mayHavePayload = command === nbd.NBD_CMD_BLOCK_STATUS && agreed.hasExtendedHeaders && agreed.hasStatusPayload;
  const allowed = mayHavePayload ? read.flags | nbd.NBD_CMD_FLAG_PAYLOAD_LEN : read.flags;
  if ((flags & ~allowed) !== 0) throw new Violation(`${read.name} has flags that it cannot have: 0x${flags.toString(16)}`);
  if (!read.hasRange && bytes.subarray(16, headerSize).some((byte) => byte !== 0)) {
    throw new Violation(`${read.name} has an offset or a length`);
  }
  return (flags & nbd.NBD_CMD_FLAG_PAYLOAD_LEN) === 0 ? headerSize : headerSize + payloadSize(bytes);
}

// A block status's payload: the length of the range, and the contexts of 4 bytes each that are asked for.
function payloadSize(bytes: Buffer): number {
  const length = bytes.readBigUInt64BE(24);
  if (length < 8n || length > maxPayload || length % 4n !== 0n)
    throw new Violation(`BLOCK_STATUS has a payload of ${length} bytes`);
  return Number(length);
}
