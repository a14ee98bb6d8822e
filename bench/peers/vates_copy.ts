// A disk to a file by @vates/nbd-client's reader of several connections, as backups use it: vates_copy URI FILE. Prints the time that it took.
import { open } from 'node:fs/promises';
import MultiNbdClient from '@vates/nbd-client/multi.mjs';

const [uri = '', path = ''] = process.argv.slice(2);
const start = performance.now();
const { hostname, port } = new URL(uri);
const client = new MultiNbdClient(
  { address: hostname, port: Number(port), exportname: '' },
  { nbdConcurrency: 4, readAhead: 16 },
);
await client.connect();
const size = Number(client.exportSize);
const blockSize = 2 ** 20;
const file = await open(path, 'w');
await file.truncate(size);
function* blocks() {
  for (let index = 0; index * blockSize < size; index++) yield { index, size: blockSize };
}
let at = 0;
for await (const block of client.readBlocks(blocks)) {
  await file.write(block, 0, block.length, at);
  at += block.length;
}
await file.datasync();
await file.close();
await client.disconnect();
console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, rss: process.resourceUsage().maxRSS * 1024 }));
process.exit(0); // its sockets would keep the process alive
