// Reads a struct sockaddr in Linux's layout, which is also that of Emscripten's C library.
import { codedError } from '../../base/errors.js';
import type { ConnectTarget } from '../../transports/target.js';

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** The target that an address names. One of IPv6's discard-only block stands for a host name in `noted` (wasm/posix.c). */
export function socketAddress(bytes: Uint8Array, noted?: ReadonlyMap<number, ConnectTarget>): ConnectTarget {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = bytes.length < 2 ? -1 : view.getUint16(0, true);
  const least = { [AF_UNIX]: 3, [AF_INET]: 8, [AF_INET6]: 24 }[family] ?? 2;
  if (bytes.length < least) throw codedError('EINVAL', `${bytes.length} bytes are no socket address`);
  if (family === AF_UNIX) return { path: unixPath(bytes.subarray(2)) };
  const port = view.getUint16(2, false);
  if (family === AF_INET) return { host: bytes.subarray(4, 8).join('.'), port };
  if (family !== AF_INET6) {
    throw codedError('EAFNOSUPPORT', `address family ${family} is not supported`);
  }
  if (view.getBigUint64(8, false) === 0x0100_0000_0000_0000n) {
    const target = noted?.get(view.getUint32(20, true));
    if (target !== undefined) return target;
  }
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(8 + 2 * i, false).toString(16));
  return { host: new URL(`tcp://[${groups.join(':')}]`).hostname.slice(1, -1), port }; // in its shortest form
}

// A null character ends the name. One at the start does not: it begins a name of Linux's abstract namespace.
function unixPath(bytes: Uint8Array): string {
  const end = bytes.indexOf(0, 1);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}
