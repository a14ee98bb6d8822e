// Reads a sector of a disk with the package's files, loaded by their paths, and tells what became of it. The parameters are those
// of the page's address: `disk` is another WebSocket than the server's own, `wasm` another place of libnbd.wasm.
import { connectWebSocket, load, NBD } from './dist/browser.js';

export async function readSector(search) {
  const parameters = new URLSearchParams(search);
  const disk = parameters.get('disk') ?? `ws://${location.host}/nbd/disk`;
  const wasm = parameters.get('wasm');
  try {
    const nbd = wasm === null ? await NBD.create() : (await load({ wasm })).create();
    await nbd.connectSocket(connectWebSocket(disk));
    return { size: Number(nbd.getSize()), sector: Array.from(await nbd.pread(512, 4096)) };
  } catch (error) {
    return { failure: `${error.name}: ${error.message}` };
  }
}
