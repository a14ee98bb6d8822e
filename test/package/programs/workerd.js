// A worker of workerd's: the platform compiles the module, and opens TCP connections.
import { connect } from 'cloudflare:sockets';
import { CONTEXT_BASE_ALLOCATION, load } from 'libnbd-wasm';
import wasm from 'libnbd-wasm/libnbd.wasm';

export default {
  async fetch(_request, { DISK }) {
    const lib = await load({ wasm, connect: ({ host, port }) => connect({ hostname: host, port }) });
    const nbd = lib.create();
    nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
    await nbd.connectUri(DISK);
    await nbd.pwrite(new Uint8Array(512).fill(7), 512);
    const bytes = await nbd.pread(1024, 0n);
    const extents = [];
    for await (const { offset, length, flags } of nbd.extents()) extents.push([offset, length, flags].map(Number));
    const size = Number(nbd.getSize());
    await nbd.shutdown();
    nbd.close();
    return Response.json({ size, bytes: [bytes[511], bytes[512], bytes[1023]], extents });
  },
};
