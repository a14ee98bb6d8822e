// What a page of the benchmark does, or a worker of it: reads and writes through the proxy, with the library or by hand, or moves the same
// bytes over a WebSocket without NBD.
import { connectWebSocket, copy, load, type NBD, type SocketLike } from 'libnbd-wasm';
import { type Job, type Measurement, measure } from './in_flight.js';
import { answerMeasurements, measureInWorker } from './in_worker.js';
import { Answers, ByHand, messages } from './peers/by_hand.js';
import { measureTransfers } from './transfers.js';

export interface PageJob extends Job {
  competitor: string;
}

const url = (path: string) => `ws://${location.host}${path}`;

async function measureHere(job: PageJob): Promise<Measurement> {
  if (job.competitor === 'raw') return measureRaw(job);
  if (job.competitor === 'byHand') return measureByHand(job);
  const nbd = await connected(connectWebSocket(url('/nbd/disk')));
  const measurement = await (job.competitor === 'copy' ? measureCopies(job, nbd) : measureTransfers(job, nbd));
  await nbd.shutdown();
  nbd.close();
  return measurement;
}

/** Copies of the whole disk to a file of the origin's private file system. */
async function measureCopies(job: Job, nbd: NBD): Promise<Measurement> {
  const folder = await navigator.storage.getDirectory();
  const file = await folder.getFileHandle('disk', { create: true });
  return measure(job, Number(nbd.getSize()), () => copy(nbd, file));
}

async function connected(socket: SocketLike): Promise<NBD> {
  const nbd = (await load({ wasm: '/libnbd.wasm' })).create();
  await nbd.connectSocket(socket);
  return nbd;
}

/** Messages of an NBD request's size; each is answered with as many bytes as an NBD reply has. */
async function measureRaw(job: Job): Promise<Measurement> {
  const answers = new Answers(job);
  const socket = listen(`/raw/${answers.size}`, (bytes) => answers.received(bytes));
  await opened(socket);
  const message = messages(job);
  const request = (slot: number, offset: number) => {
    socket.send(message(slot, offset));
    return answers.next();
  };
  return measure(job, Number.MAX_SAFE_INTEGER, request);
}

async function measureByHand(job: Job): Promise<Measurement> {
  const socket = listen('/nbd/disk', (bytes) => client.received(bytes));
  const client = new ByHand(job, (message) => socket.send(message));
  const measurement = await measure(job, await client.handshake(), client.request);
  client.disconnect();
  return measurement;
}

function listen(path: string, onbytes: (bytes: Uint8Array) => void): WebSocket {
  const socket = new WebSocket(url(path));
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => onbytes(new Uint8Array(data));
  return socket;
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error(`${socket.url} could not be opened`));
  });
}

if (typeof document === 'undefined') {
  answerMeasurements(measureHere);
} else {
  Object.assign(globalThis, {
    measureJob: (job: PageJob) => (job.transport === 'worker' ? measureInWorker<Measurement>('/page.js', job) : measureHere(job)),
  });
}
