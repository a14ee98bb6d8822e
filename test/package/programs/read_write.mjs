// Reads, writes and asks for the extents of the disk at the URI that is named, and prints what came.
import { CONTEXT_BASE_ALLOCATION, NBD } from 'libnbd-wasm';

const nbd = await NBD.create();
nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
await nbd.connectUri(process.argv[2]);
await nbd.pwrite(new Uint8Array(512).fill(7), 512);
const bytes = await nbd.pread(1024, 0n);
const extents = [];
for await (const { offset, length, flags } of nbd.extents()) extents.push([offset, length, flags].map(Number));
console.log(JSON.stringify({ size: Number(nbd.getSize()), bytes: [bytes[511], bytes[512], bytes[1023]], extents }));
await nbd.shutdown();
nbd.close();
