// The shapes that an option of the handshake may have, byte for byte. A server may read an option otherwise than its length
// says: nbd-server goes on behind the header of a LIST, whatever its length is. So that no two readings of an option are
// possible, its length must be the one that its content has, and there must be nothing in it that could be taken for a
// message of its own.
import { Violation } from './ending.js';
import * as nbd from './protocol.js';

/** An option that the proxy knows. */
export interface Option {
  readonly number: number;
  readonly data: Buffer;
  /** The export that it is about; undefined for an option that is about none. */
  readonly exportName: Buffer | undefined;
}

export const optionHeaderSize = 16;
/** An option may have this many bytes of data: room for 15 of the longest metadata queries, and for hundreds of usual ones. */
const maxData = 2 ** 16;
/** The protocol's own bound for a string. */
const maxString = 4096;
const messages = [nbd.IHAVEOPT, nbd.NBD_REQUEST_MAGIC, nbd.NBD_EXTENDED_REQUEST_MAGIC];

interface Shape {
  readonly name: string;
  /** Reads the data, and returns the name of the export in it. */
  readonly read: (data: Fields) => Buffer | undefined;
}

const empty = () => undefined;
const shapes: ReadonlyMap<number, Shape> = new Map([
  [nbd.NBD_OPT_EXPORT_NAME, { name: 'EXPORT_NAME', read: (data: Fields) => data.string(data.left) }],
  [nbd.NBD_OPT_ABORT, { name: 'ABORT', read: empty }],
  [nbd.NBD_OPT_LIST, { name: 'LIST', read: empty }],
  [nbd.NBD_OPT_INFO, { name: 'INFO', read: info }],
  [nbd.NBD_OPT_GO, { name: 'GO', read: info }],
  [nbd.NBD_OPT_STRUCTURED_REPLY, { name: 'STRUCTURED_REPLY', read: empty }],
  [nbd.NBD_OPT_LIST_META_CONTEXT, { name: 'LIST_META_CONTEXT', read: metaContext }],
  [nbd.NBD_OPT_SET_META_CONTEXT, { name: 'SET_META_CONTEXT', read: metaContext }],
  [nbd.NBD_OPT_EXTENDED_HEADERS, { name: 'EXTENDED_HEADERS', read: empty }],
]);

function info(data: Fields): Buffer {
  const exportName = data.string(data.uint32());
  data.take(2 * data.uint16()); // what the client wants to know
  return exportName;
}

function metaContext(data: Fields): Buffer {
  const exportName = data.string(data.uint32());
  for (let queries = data.uint32(); queries > 0; queries--) data.string(data.uint32());
  return exportName;
}

/** Reads an option's header. Throws a {@link Violation} for one that may not pass, whatever its data is. */
export function readOptionHeader(header: Buffer): { number: number; length: number } {
  if (!header.subarray(0, 8).equals(nbd.IHAVEOPT)) throw new Violation('what the client sends is not an NBD option');
  const [number, length] = [header.readUInt32BE(8), header.readUInt32BE(12)];
  if (number === nbd.NBD_OPT_STARTTLS) {
    throw new Violation(`${title(number)} is refused: a proxy that is read-only, or leads to one export, cannot follow TLS`);
  }
  if (!shapes.has(number)) throw new Violation(`${title(number)} is refused: it is unknown`);
  if (length > maxData) throw new Violation(`${title(number)} is too long: ${length} bytes of ${maxData}`);
  return { number, length };
}

/** Reads an option's data. Throws a {@link Violation} for one that has not the exact shape. */
export function readOption(number: number, data: Buffer): Option {
  const fields = new Fields(data, number);
  const exportName = shapes.get(number)?.read(fields);
  if (fields.left > 0) throw new Violation(`${title(number)} has ${fields.left} bytes more than belong to it`);
  if (messages.some((magic) => data.includes(magic))) throw new Violation(`${title(number)} hides another message`);
  return { number, data, exportName };
}

/** The same option for another export. */
export function withExportName(option: Option, name: Buffer): Option {
  if (option.exportName === undefined) return option;
  if (option.number === nbd.NBD_OPT_EXPORT_NAME) return { ...option, data: name, exportName: name };
  const rest = option.data.subarray(4 + option.exportName.length);
  return { ...option, data: Buffer.concat([uint32(name.length), name, rest]), exportName: name };
}

/** An option as it goes to the server. */
export function optionBytes({ number, data }: Option): Buffer {
  return Buffer.concat([nbd.IHAVEOPT, uint32(number), uint32(data.length), data]);
}

/** How a reason calls an option. */
function title(number: number): string {
  const name = number === nbd.NBD_OPT_STARTTLS ? 'STARTTLS' : shapes.get(number)?.name;
  return `option ${number}${name === undefined ? '' : ` (${name})`}`;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The data of an option, read field by field. */
class Fields {
  readonly #data: Buffer;
  readonly #number: number;
  #at = 0;

  constructor(data: Buffer, number: number) {
    this.#data = data;
    this.#number = number;
  }

  get left(): number {
    return this.#data.length - this.#at;
  }

  take(count: number): Buffer {
    if (count > this.left) throw new Violation(`${title(this.#number)} is too short for what it says is in it`);
    this.#at += count;
    return this.#data.subarray(this.#at - count, this.#at);
  }

  uint16(): number {
    return this.take(2).readUInt16BE();
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  string(length: number): Buffer {
    if (length > maxString)
      throw new Violation(`${title(this.#number)} has a string of ${length} bytes; ${maxString} are allowed`);
    return this.take(length);
  }
}
