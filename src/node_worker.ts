// The script that a worker of Node's runs: it serves the calls of `libnbd-wasm/worker-client`. To import it is enough.
import { parentPort } from 'node:worker_threads';
import { connectThrough, load } from './node.js';
import { WorkerServer } from './worker/server.js';

if (parentPort === null) throw new Error('libnbd-wasm/worker is the script of a worker, and no program');
const port = parentPort;
new WorkerServer(
  {
    postMessage: (message, moved) => port.postMessage(message, moved as ArrayBuffer[]),
    addEventListener: (_, listener) => port.on('message', (data) => listener({ data })),
  },
  { load, connectThrough },
);
