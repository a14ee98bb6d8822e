// Shows the size of a disk and how it begins. The page's address says which disk, ?disk=ws://127.0.0.1:10810/nbd/disk, and
// with &worker the library runs in a worker.
import { connectWebSocket, NBD } from 'libnbd-wasm';
import { loadInWorker } from 'libnbd-wasm/worker-client';

const parameters = new URLSearchParams(location.search);
const disk = parameters.get('disk') ?? 'ws://127.0.0.1:10810/nbd/disk';
const output = document.querySelector('output');

async function connectInPage() {
  const nbd = await NBD.create();
  await nbd.connectSocket(connectWebSocket(disk));
  return nbd;
}

async function connectInWorker() {
  const lib = await loadInWorker();
  const nbd = await lib.create();
  await nbd.connectWebSocket(disk);
  return nbd;
}

async function show() {
  const nbd = await (parameters.has('worker') ? connectInWorker() : connectInPage());
  const size = await nbd.getSize(); // in the page, without a promise
  const sector = await nbd.pread(512, 0);
  const digits = Array.from(sector, (byte) => byte.toString(16).padStart(2, '0'));
  output.textContent = `${size} bytes: ${digits.join(' ')}`;
  await nbd.shutdown();
  await nbd.close();
}

show().catch((error) => {
  output.textContent = error.message;
});
