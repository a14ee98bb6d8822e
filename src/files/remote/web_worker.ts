// A worker of a page, as engines use one.
import type { EngineWorker } from './remote_engine.js';

export function webEngineWorker(worker: Worker): EngineWorker {
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
