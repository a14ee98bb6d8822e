// A handle that nobody holds any more and that nobody closed. Prints what became of it and of its socket.
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { NBD } from 'libnbd-wasm';

const [path = '', what = ''] = process.argv.slice(2);
const { gc } = globalThis;
if (gc === undefined) throw new Error('run with --expose-gc');

async function make(): Promise<{ socket: Socket; nbd: NBD }> {
  const socket = connect(path);
  const nbd = await NBD.create();
  await nbd.connectSocket(socket);
  return { socket, nbd };
}

async function makeReading(): Promise<{ socket: Socket; reading: Promise<Uint8Array> }> {
  const { socket, nbd } = await make();
  return { socket, reading: nbd.pread(8, 8) };
}

/** Collects until something is true, or has had every chance to become so. */
async function collect(isOver: () => boolean, turns = 1000): Promise<boolean> {
  for (let turn = 0; turn < turns && !isOver(); turn++) {
    gc?.();
    await delay(5);
  }
  return isOver();
}

if (what === 'idle') {
  const { socket } = await make();
  console.log('collected:', await collect(() => socket.destroyed));
} else if (what === 'held') {
  const { socket, nbd } = await make();
  console.log('collected:', await collect(() => socket.destroyed, 100));
  console.log('size:', nbd.getSize());
  nbd.close();
} else if (what === 'in flight') {
  // Only the promise is held; the server answers later than the collector runs.
  const { socket, reading } = await makeReading();
  console.log('collected:', await collect(() => socket.destroyed, 20));
  console.log('read:', (await reading).join());
  console.log('collected:', await collect(() => socket.destroyed));
}
