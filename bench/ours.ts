// libnbd-wasm, measured, as a program of a user's would use it. Each slot has a buffer of its own, as in native.c.
import { NBD, openConnection } from 'libnbd-wasm';
import { hostAndPort, jobFromArguments, measure } from './in_flight.js';

const job = jobFromArguments();
const nbd = await NBD.create();
await nbd.connectSocket(openConnection(job.transport === 'unix' ? { path: job.address } : hostAndPort(job.address)));

const buffers = Array.from({ length: job.inFlight }, () => new Uint8Array(job.size).fill(0x55));
const buffer = (slot: number) => buffers[slot] as Uint8Array;
await measure(
  job,
  Number(nbd.getSize()),
  job.operation === 'write'
    ? (slot, offset) => nbd.pwrite(buffer(slot), offset)
    : (slot, offset) => nbd.preadInto(buffer(slot), offset),
);
await nbd.shutdown();
nbd.close();
