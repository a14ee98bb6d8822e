// The same with the library in a thread of its own, which does not keep the program from ending.
import { CONTEXT_BASE_ALLOCATION, loadInWorker } from 'libnbd-wasm/worker-client';

const lib = await loadInWorker();
const nbd = await lib.create();
await nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
await nbd.connectUri(process.argv[2]);
await nbd.pwrite(new Uint8Array(512).fill(7), 512);
const bytes = await nbd.pread(1024, 0n);
const extents = [];
for await (const { offset, length, flags } of nbd.extents()) extents.push([offset, length, flags].map(Number));
console.log(JSON.stringify({ size: Number(await nbd.getSize()), bytes: [bytes[511], bytes[512], bytes[1023]], extents }));
await nbd.shutdown();
