// Libraries in workers, which are ended when the test is over, and connections of the page's own to give them.
import type { BytePair } from 'libnbd-wasm';
import { type LoadInWorkerOptions, loadInWorker, type WorkerLibrary, type WorkerNBD } from 'libnbd-wasm/worker-client';
import { onTestFinished } from 'vitest';
import type { PageServer } from './platform.js';

export async function inWorker(options?: LoadInWorkerOptions): Promise<WorkerLibrary> {
  const lib = await loadInWorker(options);
  onTestFinished(() => lib.close());
  return lib;
}

/** A handle that is connected to a server; `prepare` sets it up before. */
export async function connected(
  server: PageServer,
  prepare: (nbd: WorkerNBD) => unknown = () => {},
  lib?: WorkerLibrary,
): Promise<WorkerNBD> {
  const nbd = await (lib ?? (await inWorker())).create();
  await prepare(nbd);
  await nbd.connectWebSocket(server.url);
  return nbd;
}

/** A connection of the page's to a server, behind a port. */
export function portTo(server: PageServer): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const socket = openWebSocket(server);
  socket.onmessage = ({ data }) => port1.postMessage(data);
  socket.onclose = () => port1.postMessage(null);
  port1.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer> | null>) =>
    data === null ? socket.close() : socket.send(data);
  return port2;
}

/** The same as streams. */
export function streamsTo(server: PageServer): BytePair {
  const socket = openWebSocket(server);
  return {
    readable: new ReadableStream<Uint8Array>({
      start(controller) {
        socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => controller.enqueue(new Uint8Array(data));
        socket.onclose = () => controller.close();
      },
    }),
    writable: new WritableStream<Uint8Array>({
      write: (chunk) => socket.send(chunk as Uint8Array<ArrayBuffer>),
      close: () => socket.close(),
    }),
  };
}

function openWebSocket(server: PageServer): WebSocket {
  const socket = new WebSocket(server.url);
  socket.binaryType = 'arraybuffer';
  onTestFinished(() => socket.close());
  return socket;
}
