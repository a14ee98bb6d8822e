// The client's half of the NBD protocol, as bytes. Names and numbers are those of the protocol's specification.
import { concat, text, u16, u32, u64 } from '../support/bytes.js';

export const EXPORT_NAME = 1;
export const ABORT = 2;
export const LIST = 3;
export const STARTTLS = 5;
export const INFO = 6;
export const GO = 7;
export const STRUCTURED_REPLY = 8;
export const LIST_META_CONTEXT = 9;
export const SET_META_CONTEXT = 10;
export const EXTENDED_HEADERS = 11;

export const READ = 0;
export const WRITE = 1;
export const DISC = 2;
export const FLUSH = 3;
export const TRIM = 4;
export const CACHE = 5;
export const WRITE_ZEROES = 6;
export const BLOCK_STATUS = 7;
export const RESIZE = 8;

export const FUA = 1;
export const DF = 4;
export const REQ_ONE = 8;
export const PAYLOAD_LEN = 32;

const nothing = new Uint8Array();

/** NBD_FLAG_C_FIXED_NEWSTYLE and NBD_FLAG_C_NO_ZEROES. */
export const flags = (value = 3) => u32(value);

/** An option; `length` is what its header says, if that is not how long its data is. */
export const option = (number: number, data: Uint8Array = nothing, length = data.length) =>
  concat(text('IHAVEOPT'), u32(number), u32(length), data);

export const string = (value: string | Uint8Array) => {
  const bytes = typeof value === 'string' ? text(value) : value;
  return concat(u32(bytes.length), bytes);
};

/** What NBD_OPT_INFO and NBD_OPT_GO say. */
export const info = (name: string | Uint8Array = '', infos: number[] = []) =>
  concat(string(name), u16(infos.length), ...infos.map(u16));

/** What the options of metadata contexts say. */
export const metaContext = (name: string, queries: string[] = []) =>
  concat(string(name), u32(queries.length), ...queries.map(string));

export const go = (name = '') => option(GO, info(name));
export const exportName = (name = '') => option(EXPORT_NAME, text(name));

interface Request {
  offset?: number;
  length?: number;
  flags?: number;
  payload?: Uint8Array;
}

const sizeOf = (command: number) => (command === FLUSH || command === DISC ? 0 : 512);

export const request = (command: number, { offset = 0, length = sizeOf(command), flags = 0, payload = nothing }: Request = {}) =>
  concat(u32(0x25609513), u16(flags), u16(command), u64(1), u64(offset), u32(length), payload);

export const extended = (command: number, { offset = 0, length = sizeOf(command), flags = 0, payload = nothing }: Request = {}) =>
  concat(u32(0x21e41c71), u16(flags), u16(command), u64(1), u64(offset), u64(length), payload);
