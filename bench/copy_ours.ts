// copy() of libnbd-wasm, as a program of a user's would call it: copy_ours SOURCE DESTINATION [CONNECTIONS]. Prints the time and the memory that it took.
import { copy, NBD, openDisk } from 'libnbd-wasm';

const [source = '', destination = '', connections] = process.argv.slice(2);
const start = performance.now();
const open = async (name: string) =>
  name.startsWith('nbd')
    ? openDisk(name, { readOnly: name === source, ...(connections && { connections: Number(connections) }) })
    : name;

const [from, to] = [await open(source), await open(destination)];
await copy(from, to);
for (const end of [from, to]) if (typeof end !== 'string') await end.close();
const seconds = (performance.now() - start) / 1000; // without Node's own start
const probe = await NBD.create(); // of the same module
console.log(JSON.stringify({ seconds, rss: process.resourceUsage().maxRSS * 1024, module: probe.lib.memorySize }));
probe.close();
