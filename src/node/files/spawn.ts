// Starts a worker in which an engine runs.
import { Worker } from 'node:worker_threads';
import type { EngineWorker } from '../../files/remote/remote_engine.js';
import { workerOptions } from '../worker.js';

/** `script` is the file of files_worker.js. */
export function spawnEngineWorker(script: URL): EngineWorker {
  const worker = new Worker(script, workerOptions('libnbd-wasm files'));
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    listen(message, lost) {
      worker.on('message', message);
      worker.on('error', lost);
      worker.on('exit', (code) => lost(new Error(`it exited with ${code}`)));
    },
    terminate: () => void worker.terminate(),
    keepAlive: (isWanted) => (isWanted ? worker.ref() : worker.unref()),
  };
}
