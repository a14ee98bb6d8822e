// copy() of libnbd-wasm, as a program of a user's would call it: copy_ours SOURCE DESTINATION CONNECTIONS. Prints the time and the memory that it took.
import { CONTEXT_BASE_ALLOCATION, copy, NBD } from 'libnbd-wasm';

const [source = '', destination = '', connections = '1'] = process.argv.slice(2);
const handles: NBD[] = [];
const start = performance.now();

async function open(name: string): Promise<string | NBD[]> {
  if (!name.startsWith('nbd')) return name;
  for (let i = 0; i < Number(connections); i++) {
    const nbd = await NBD.create();
    nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
    await nbd.connectUri(name);
    handles.push(nbd);
  }
  return handles;
}

await copy(await open(source), await open(destination));
const module = handles[0]?.lib.memorySize;
for (const nbd of handles) {
  await nbd.shutdown();
  nbd.close();
}
const seconds = (performance.now() - start) / 1000; // without Node's own start
console.log(JSON.stringify({ seconds, rss: process.resourceUsage().maxRSS * 1024, module }));
