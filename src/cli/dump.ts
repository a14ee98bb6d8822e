// `libnbd-wasm dump`: a hex dump as nbddump makes it.
import { parseArgs } from 'node:util';
import { CONTEXT_BASE_ALLOCATION, type NBD, STATE_ZERO } from '../node.js';
import { parseTarget, targetUsage, withConnection } from './connect.js';
import { paint } from './format.js';
import { HexDump } from './hex_dump.js';
import { print } from './output.js';
import { bytes } from './usage.js';

export const summary = 'a hex dump of a disk, as nbddump makes it';

export const usage = `libnbd-wasm dump [--length N] [--offset N] URI

Prints the bytes of a disk in hexadecimal, as nbddump does. Lines equal to the one before become a *.

  -n, --length N    how many bytes; the default is all the rest of the disk
  -o, --offset N    where to start; default 0

${targetUsage}`;

/** What the map of a disk is asked for at a time, so that it takes little memory, and the dump of a long one begins at once. */
const mapped = 2n ** 30n;
/** Requests that are read ahead, of 256 KiB each. A reader that leaves waits for them. */
const inFlight = 4;
/** Shorter holes are read: that costs less than to interrupt the reading ahead. */
const shortHole = 2n ** 20n;

export async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { length: { type: 'string', short: 'n' }, offset: { type: 'string', short: 'o', default: '0' } },
  });
  const target = parseTarget(positionals);
  const start = bytes('offset', values.offset) ?? 0n;
  const limit = bytes('length', values.length);
  const prepare = (nbd: NBD) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  await withConnection(target, prepare, (nbd) => dump(nbd, start, limit));
}

async function dump(nbd: NBD, start: bigint, limit: bigint | undefined): Promise<void> {
  const size = nbd.getSize();
  if (start > size) throw new RangeError(`the offset ${start} is beyond the end of the disk, which has ${size} bytes`);
  const end = limit === undefined || limit > size - start ? size : start + limit;
  const hexDump = new HexDump(size, start, (offset) => paint('green', offset));
  for await (const { offset, length, isHole } of parts(nbd, start, end)) {
    if (isHole) await printAll(hexDump.addZeroes(length));
    else for await (const chunk of nbd.readable({ offset, length, inFlight })) await printAll(hexDump.add(chunk));
  }
  await printAll(hexDump.end());
}

async function printAll(texts: Iterable<Uint8Array>): Promise<void> {
  for (const text of texts) await print(text);
}

interface Part {
  offset: bigint;
  length: bigint;
  /** Whether it reads as zeroes, and so need not be read. */
  isHole: boolean;
}

/** The parts of a range, in their order; it is one part where the server does not tell which read as zeroes. */
async function* parts(nbd: NBD, start: bigint, end: bigint): AsyncGenerator<Part, void, undefined> {
  if (nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)) {
    for (let at = start; at < end; at += mapped) yield* mappedParts(nbd, at, end - at < mapped ? end : at + mapped);
  } else if (start < end) {
    yield { offset: start, length: end - start, isHole: false };
  }
}

async function* mappedParts(nbd: NBD, start: bigint, end: bigint): AsyncGenerator<Part, void, undefined> {
  let at = start;
  for await (const { offset, length, flags } of nbd.extents({ offset: start, length: end - start })) {
    if ((flags & BigInt(STATE_ZERO)) === 0n || length < shortHole) continue;
    if (at < offset) yield { offset: at, length: offset - at, isHole: false };
    yield { offset, length, isHole: true };
    at = offset + length;
  }
  if (at < end) yield { offset: at, length: end - at, isHole: false };
}
