// Reads a disk over NBD, and tells how: node examples/read_disk.mjs HOST PORT | SOCKET-PATH
import { connect } from 'node:net';
import { NBD } from 'libnbd-wasm';

const [hostOrPath, port] = process.argv.slice(2);
if (hostOrPath === undefined) throw new Error('usage: read_disk.mjs HOST PORT | SOCKET-PATH');

const started = performance.now();
const nbd = await NBD.create();
await nbd.connectSocket(port === undefined ? connect(hostOrPath) : connect(Number(port), hostOrPath));

const size = Number(nbd.getSize());
const step = 2 ** 20;
const offsets = Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
const chunks = await Promise.all(offsets.map((offset) => nbd.pread(Math.min(step, size - offset), offset)));
const used = chunks.reduce((sum, chunk) => sum + chunk.filter((byte) => byte !== 0).length, 0);
const milliseconds = performance.now() - started;

console.log(`disk:     ${size} bytes, ${used} of them not zero, read whole in ${milliseconds.toFixed(0)} ms`);
console.log(`library:  libnbd ${nbd.getVersion()} as WebAssembly, protocol ${nbd.getProtocol()}`);
console.log(`socket:   virtual descriptor ${nbd.aioGetFd()}, backed by a net.Socket`);
console.log(`requests: ${offsets.length} in flight at once, ${nbd.statsChunksReceived()} chunks received`);
console.log(`traffic:  ${nbd.statsBytesSent()} bytes sent, ${nbd.statsBytesReceived()} received`);
console.log(`memory:   ${nbd.lib.memorySize} bytes in the module; the disk's bytes never entered it`);

await nbd.shutdown();
nbd.close();
