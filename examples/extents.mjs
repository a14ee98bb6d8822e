// Lists what of a disk is data and what is a hole, without reading it: node examples/extents.mjs [URI]
import { CONTEXT_BASE_ALLOCATION, describeFlags, NBD } from 'libnbd-wasm';

const [uri = 'nbd://localhost'] = process.argv.slice(2);

const nbd = await NBD.create();
nbd.addMetaContext(CONTEXT_BASE_ALLOCATION); // before connecting: servers tell only what they were asked for
await nbd.connectUri(uri);
if (!nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)) throw new Error(`${uri} does not tell where its data is`);

let data = 0n;
for await (const { offset, length, flags } of nbd.extents()) {
  const words = describeFlags(CONTEXT_BASE_ALLOCATION, flags); // data; hole,zero; zero
  console.log(`${offset}\t${length}\t${words}`);
  if (words === 'data') data += length;
}
console.log(`${data} of ${nbd.getSize()} bytes are data`);

await nbd.shutdown();
nbd.close();
