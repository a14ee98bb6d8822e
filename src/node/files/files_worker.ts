// The script of the worker in which a Node program reads file systems.
import { parentPort } from 'node:worker_threads';
import { EngineServer } from '../../files/remote/engine_server.js';
import type { ToWorker } from '../../files/remote/messages.js';

if (parentPort === null) throw new Error('this is the script of a worker, and no program');
const port = parentPort;
const server = new EngineServer((message) => port.postMessage(message));
port.on('message', (message: ToWorker) => server.receive(message));
