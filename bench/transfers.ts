// Reads and writes of libnbd-wasm, measured on a connected handle. Each slot has a buffer of its own, as in peers/native.c.
import type { NBD } from 'libnbd-wasm';
import { type Job, type Measurement, measure } from './in_flight.js';

export function measureTransfers(job: Job, nbd: NBD, meter?: () => number): Promise<Measurement> {
  const buffers = Array.from({ length: job.inFlight }, () => new Uint8Array(job.size).fill(0x55));
  const buffer = (slot: number) => buffers[slot] as Uint8Array;
  return measure(
    job,
    Number(nbd.getSize()),
    job.operation === 'write'
      ? (slot, offset) => nbd.pwrite(buffer(slot), offset)
      : (slot, offset) => nbd.preadInto(buffer(slot), offset),
    meter,
  );
}
