// Copies a disk to a file with a journal, and hangs at an offset if it is told one, until it is killed. Prints what was written.
import { connect } from 'node:net';
import { CONTEXT_BASE_ALLOCATION, copy, NBD } from 'libnbd-wasm';

const [socket = '', path = '', hangsAt = ''] = process.argv.slice(2);
const nbd = await NBD.create();
nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
await nbd.connectSocket(connect(socket));
if (hangsAt !== '') {
  const preadInto = nbd.preadInto.bind(nbd);
  nbd.preadInto = (view, offset, options) =>
    offset < BigInt(hangsAt) ? preadInto(view, offset, options) : new Promise(() => setInterval(() => {}, 1000));
}
const { bytes, written } = await copy(nbd, path, { resume: true });
console.log(JSON.stringify({ bytes: Number(bytes), written: Number(written) }));
await nbd.shutdown();
nbd.close();
