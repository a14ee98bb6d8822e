// Reads a disk over several connections at a time: node examples/several_connections.mjs [URI] [CONNECTIONS]
import { NBD } from 'libnbd-wasm';

const [uri = 'nbd://localhost', connections = '4'] = process.argv.slice(2);
const requestSize = 2 ** 20;

async function connected() {
  const nbd = await NBD.create();
  await nbd.connectUri(uri);
  return nbd;
}

const first = await connected();
// Only then has what one connection wrote and flushed been seen by the others.
const wanted = first.canMultiConn() ? Number(connections) : 1;
const handles = [first, ...(await Promise.all(Array.from({ length: wanted - 1 }, connected)))];

const size = Number(first.getSize());
let next = 0;
let read = 0;

/** Takes the next piece of the disk whenever the last one has come, until there is none. */
async function reader(nbd) {
  while (next < size) {
    const offset = next;
    next += requestSize;
    const bytes = await nbd.pread(Math.min(requestSize, size - offset), offset);
    read += bytes.length;
  }
}

await Promise.all(handles.flatMap((nbd) => Array.from({ length: 8 }, () => reader(nbd)))); // 8 requests in flight on each
console.log(`${read} bytes over ${handles.length} connections`);
for (const nbd of handles) {
  await nbd.shutdown();
  nbd.close();
}
