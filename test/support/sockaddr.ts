// struct sockaddr in Linux's layout, as nbd_connect and nbd_aio_connect take it.
import { concat, text, u16, u32 } from './bytes.js';

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_VSOCK = 40;

// The family is in the machine's own byte order, which is WebAssembly's: the least significant byte first.
const family = (number: number): Uint8Array => Uint8Array.of(number, 0);

export const sockaddrUnix = (path: string): Uint8Array => concat(family(AF_UNIX), text(path), Uint8Array.of(0));

export const sockaddrInet = (address: string, port: number): Uint8Array =>
  concat(family(AF_INET), u16(port), Uint8Array.from(address.split('.').map(Number)), new Uint8Array(8));

export const sockaddrInet6 = (address: Uint8Array, port: number): Uint8Array =>
  concat(family(AF_INET6), u16(port), u32(0), address, u32(0));

export const sockaddrVsock = (): Uint8Array => concat(family(AF_VSOCK), new Uint8Array(14));

/** ::1 */
export const loopback6 = Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0));
