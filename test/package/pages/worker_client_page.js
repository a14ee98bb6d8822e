// The test waits for `result`. The parameters are those of the page's address: `disk` is another WebSocket than the server's own,
// `worker` another place of the worker's script.
import { loadInWorker } from './dist/worker_client.js';

const parameters = new URLSearchParams(location.search);

async function readSector() {
  try {
    const script = parameters.get('worker');
    const lib = await loadInWorker(script === null ? {} : { worker: new Worker(script, { type: 'module' }) });
    const nbd = await lib.create();
    await nbd.connectWebSocket(parameters.get('disk') ?? '/nbd/disk');
    return { size: Number(await nbd.getSize()), sector: Array.from(await nbd.pread(512, 4096)) };
  } catch (error) {
    return { failure: `${error.name}: ${error.message}` };
  }
}

globalThis.result = readSector();
