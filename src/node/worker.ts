// A worker of `node:worker_threads` with the members of a page's.
import type { Moved } from '../base/platform_types.js';
import type { WorkerLike } from '../worker/client.js';

/** The members of a `Worker` of `node:worker_threads` that are used here. */
export interface NodeWorker {
  postMessage(message: unknown, moved?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (data: unknown) => void): unknown;
  on(event: 'messageerror' | 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  ref(): void;
  unref(): void;
  terminate(): unknown;
}

/**
 * The options of a worker whose script is a file. It has the flags of this process, as workers do. Where one of them says of what kind a
 * program on the command line is, which would end the worker, it has none: Node refuses a list that has a flag of V8's in it.
 */
export function workerOptions(name: string): { name: string; execArgv?: string[] } {
  return process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { name, execArgv: [] } : { name };
}

type Listener = (event: { data: unknown; message: string; preventDefault(): void }) => void;

/** It keeps the process alive only while it is told to. */
export function workerLike(worker: NodeWorker): WorkerLike {
  const send = (listener: Listener, { data, message = '' }: { data?: unknown; message?: string }) =>
    listener({ data, message, preventDefault: () => {} });
  let failure: Error | undefined;
  worker.on('error', (error) => {
    failure = error;
  });
  worker.unref();
  return {
    postMessage: (message: unknown, moved: Moved[]) => worker.postMessage(message, moved as ArrayBuffer[]),
    addEventListener(type: string, listener: Listener) {
      if (type === 'message') worker.on('message', (data) => send(listener, { data }));
      else if (type === 'close') {
        worker.on('exit', (code) => send(listener, { message: failure?.message ?? `it exited with ${code}` }));
      } else worker.on(type as 'messageerror' | 'error', ({ message }) => send(listener, { message }));
    },
    keepAlive: (isWanted) => (isWanted ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}
