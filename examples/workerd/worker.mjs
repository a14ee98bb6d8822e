// A Worker of workerd (Cloudflare's runtime) that answers each request with the size of a disk and how it begins. workerd has no files and
// compiles WebAssembly only at the start: so the module is imported, and given to load(). The socket is workerd's own.
import { connect } from 'cloudflare:sockets';
import { load } from 'libnbd-wasm';
import wasm from 'libnbd-wasm/libnbd.wasm';

export default {
  async fetch(_request, { NBD_ADDRESS }) {
    const lib = await load({ wasm });
    const nbd = lib.create();
    try {
      await nbd.connectSocket(connect(NBD_ADDRESS)); // { readable, writable } byte streams
      const digits = Array.from(await nbd.pread(16, 0), (byte) => byte.toString(16).padStart(2, '0'));
      return new Response(`${nbd.getSize()} bytes: ${digits.join(' ')}\n`);
    } catch (error) {
      return new Response(`${error.message}\n`, { status: 502 });
    } finally {
      nbd.close();
    }
  },
};
