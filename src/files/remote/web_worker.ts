// Starts a worker in which an engine runs, in a page.
import type { EngineWorker } from './remote_engine.js';

export function spawnEngineWorker(): EngineWorker {
  const worker = new Worker(new URL('../../files_worker.js', import.meta.url), { type: 'module', name: 'libnbd-wasm files' });
  return {
    post: (message) => worker.postMessage(message),
    listen(message, lost) {
      worker.onmessage = ({ data }) => message(data);
      worker.onerror = (event) => {
        event.preventDefault();
        const text = event.message || 'its script cannot be loaded: files_worker.js has to be beside the package';
        lost(new Error(text));
      };
    },
    terminate: () => worker.terminate(),
    keepAlive: () => {}, // a page lives as long as it does
  };
}
