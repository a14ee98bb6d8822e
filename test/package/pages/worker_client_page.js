// The test waits for `result`. The parameters are those of the page's address: `disk` is another WebSocket than the server's own,
// `worker` another place of the worker's script, `script` its URL, and `library` another place of the library.
const parameters = new URLSearchParams(location.search);

async function readSector() {
  try {
    const { loadInWorker } = await import(parameters.get('library') ?? './dist/worker_client.js');
    const own = parameters.get('worker');
    const worker = own === null ? (parameters.get('script') ?? undefined) : new Worker(own, { type: 'module' });
    const lib = await loadInWorker({ worker });
    const nbd = await lib.create();
    await nbd.connectWebSocket(parameters.get('disk') ?? '/nbd/disk');
    return { size: Number(await nbd.getSize()), sector: Array.from(await nbd.pread(512, 4096)) };
  } catch (error) {
    return { failure: `${error.name}: ${error.message}` };
  }
}

globalThis.result = readSector();
