// The script that a page's worker runs: it serves the calls of `libnbd-wasm/worker-client`. To import it is enough.
import { connectThrough, load } from './browser.js';
import { type Port, WorkerServer } from './worker/server.js';

new WorkerServer(globalThis as unknown as Port, { load, connectThrough });
