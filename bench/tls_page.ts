// What is measured of TLS, wherever it runs: how long a connection takes, and reads or writes of 256 KiB with 16 in flight.
import { load, type NBD } from 'libnbd-wasm';
import { type Measurement, measure } from './in_flight.js';
import { answerMeasurements, measureInWorker } from './in_worker.js';
import { type Link, openTlsByHand } from './peers/tls_by_hand.js';
import { measureTransfers } from './transfers.js';

export interface TlsJob {
  readonly operation: 'read' | 'write';
  readonly seconds: number;
  /** The authority of the server's certificate. */
  readonly ca: string;
  /** `floor`: by hand, with nothing but the calls of WebCrypto and one copy. */
  readonly by: 'plain' | 'tls' | 'floor';
}

export interface TlsMeasurement extends Measurement {
  /** In milliseconds: until the export is opened, with the modules loaded before. */
  readonly connect: number;
}

const asJob = ({ operation, seconds }: TlsJob) => ({
  transport: 'tls',
  address: '',
  operation,
  size: 2 ** 18,
  inFlight: 16,
  seconds,
  warmUp: 0.3,
});

/** Connects by `connect`, and reads or writes for a while. */
export async function measureTls(job: TlsJob, nbd: NBD, connect: () => Promise<void>): Promise<TlsMeasurement> {
  const start = performance.now();
  await connect();
  const connected = performance.now() - start;
  const measurement = await measureTransfers(asJob(job), nbd);
  await nbd.shutdown();
  nbd.close();
  return { ...measurement, connect: connected };
}

/** The same by hand, over a connection that `connect` opens. */
export async function measureFloor(job: TlsJob, connect: () => Promise<Link>, compiled: object): Promise<TlsMeasurement> {
  const start = performance.now();
  const opened = await openTlsByHand(asJob(job), await connect(), compiled, job.ca);
  const connected = performance.now() - start;
  const measurement = await measure(asJob(job), opened.diskSize, opened.request);
  opened.disconnect();
  return { ...measurement, connect: connected };
}

const url = () => `ws://${location.host}/nbd/disk`;

/** Opens a WebSocket. The server speaks first, so that it listens from the beginning. */
function openWebSocket(): Promise<Link> {
  const socket = new WebSocket(url());
  socket.binaryType = 'arraybuffer';
  const early: Uint8Array[] = [];
  const link: Link = { send: (bytes) => socket.send(bytes), onbytes: (bytes) => early.push(bytes) };
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => link.onbytes(new Uint8Array(data));
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(link);
    socket.onerror = () => reject(new Error(`${socket.url} could not be opened`));
  });
}

async function measureHere(job: TlsJob): Promise<TlsMeasurement> {
  if (job.by === 'floor') {
    return measureFloor(job, openWebSocket, await WebAssembly.compileStreaming(fetch('/tls.wasm')));
  }
  const nbd = (await load({ wasm: '/libnbd.wasm', tls: { wasm: '/tls.wasm' } })).create();
  if (job.by === 'tls') {
    nbd.setTls(2);
    nbd.setTlsCredentials({ ca: job.ca });
    nbd.setTlsHostname('localhost');
  }
  return measureTls(job, nbd, () => nbd.connectWebSocket(url()));
}

if ('WorkerGlobalScope' in globalThis) {
  answerMeasurements(measureHere);
} else if ('document' in globalThis) {
  Object.assign(globalThis, { measureHere, measureInWorker: (job: TlsJob) => measureInWorker('/tls_page.js', job) });
}
