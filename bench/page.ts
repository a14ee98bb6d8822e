// What a page of the benchmark does, or a worker of it: reads through the proxy, or the same bytes over a WebSocket without NBD.
import { connectWebSocket, load, type NBD, type SocketLike } from 'libnbd-wasm';
import { type Job, type Measurement, measure, type Request } from './in_flight.js';
import { measureTransfers } from './transfers.js';

export interface PageJob extends Job {
  competitor: string;
}

interface ByteStreams {
  readable: ReadableStream<ArrayBuffer>;
  writable: WritableStream<Uint8Array>;
}
declare const WebSocketStream: new (url: string) => { readonly opened: Promise<ByteStreams> };

const url = (path: string) => `ws://${location.host}${path}`;

async function measureHere(job: PageJob): Promise<Measurement> {
  if (job.competitor === 'raw') return measure(job, Number.MAX_SAFE_INTEGER, await rawRequests(job));
  const nbd = await connected(
    job.competitor === 'stream' ? await new WebSocketStream(url('/nbd/disk')).opened : connectWebSocket(url('/nbd/disk')),
  );
  const measurement = await measureTransfers(job, nbd);
  await nbd.shutdown();
  nbd.close();
  return measurement;
}

async function connected(socket: SocketLike): Promise<NBD> {
  const nbd = (await load({ wasm: '/libnbd.wasm' })).create();
  await nbd.connectSocket(socket);
  return nbd;
}

/** Requests of NBD's size; each is over when as many bytes as an NBD reply has were received. */
async function rawRequests({ size }: Job): Promise<Request> {
  const socket = new WebSocket(url(`/raw/${size}`));
  socket.binaryType = 'arraybuffer';
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('the raw WebSocket could not be opened'));
  });
  const waiting: (() => void)[] = [];
  let received = 0;
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    received += data.byteLength;
    for (; received >= size + 16; received -= size + 16) waiting.shift()?.();
  };
  const request = new Uint8Array(28);
  return () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      socket.send(request);
    });
}

function measureInWorker(job: PageJob): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const worker = new Worker('/page.js', { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<{ measurement: Measurement } | { error: string }>) => {
      worker.terminate();
      if ('measurement' in data) resolve(data.measurement);
      else reject(new Error(data.error));
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(job);
  });
}

if (typeof document === 'undefined') {
  addEventListener('message', ({ data }: MessageEvent<PageJob>) => {
    measureHere(data).then(
      (measurement) => postMessage({ measurement }),
      (error: unknown) => postMessage({ error: String(error) }),
    );
  });
} else {
  Object.assign(globalThis, {
    measureJob: (job: PageJob) => (job.transport === 'worker' ? measureInWorker(job) : measureHere(job)),
  });
}
