// The script of the worker in which a page reads file systems: src/files/remote/remote_engine.ts starts it. To import it is enough.
import { EngineServer } from './files/remote/engine_server.js';
import type { ToWorker } from './files/remote/messages.js';

const scope = globalThis as unknown as {
  postMessage(message: unknown): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};
const server = new EngineServer((message) => scope.postMessage(message));
scope.onmessage = ({ data }) => server.receive(data);
