// Shows the size of a disk and how it begins. The page's address says which disk: ?disk=ws://127.0.0.1:10810/nbd/disk
import { connectWebSocket, NBD } from 'libnbd-wasm';

const disk = new URLSearchParams(location.search).get('disk') ?? 'ws://127.0.0.1:10810/nbd/disk';
const output = document.querySelector('output');

async function show() {
  const nbd = await NBD.create();
  await nbd.connectSocket(connectWebSocket(disk));
  const sector = await nbd.pread(512, 0);
  const digits = Array.from(sector, (byte) => byte.toString(16).padStart(2, '0'));
  output.textContent = `${nbd.getSize()} bytes: ${digits.join(' ')}`;
  await nbd.shutdown();
  nbd.close();
}

show().catch((error) => {
  output.textContent = error.message;
});
