// `libnbd-wasm dump`: a hex dump as nbddump makes it.
import { constants } from 'node:os';
import { CONTEXT_BASE_ALLOCATION, type NBD, STATE_ZERO } from '../../node.js';
import { isUpstream } from '../called.js';
import { defineCommand, value } from '../command.js';
import { colourOptions, isColoured } from '../printing/colours.js';
import { coloured, type Look, plain, restored } from '../printing/dump_look.js';
import { HexDump } from '../printing/hex_dump.js';
import { print } from '../printing/output.js';
import { targetHelp, targetOf, targetSynopsis, withConnection } from '../servers/connect.js';
import { limitsOf, type Patience, patienceOptions } from '../servers/patience.js';
import { bytes } from '../usage.js';

/** What the map of a disk is asked for at a time, so that it takes little memory, and the dump of a long one begins at once. */
const mapped = 2n ** 30n;
/** Requests that are read ahead, of 256 KiB each. A reader that leaves waits for them. */
const inFlight = 4;
/** Shorter holes are read: that costs less than to interrupt the reading ahead. */
const shortHole = 2n ** 20n;

export const command = defineCommand({
  name: 'dump',
  summary: 'a hex dump of a disk, as nbddump makes it',
  synopsis: [`[OPTION ...] ${targetSynopsis}`],
  about: `Prints the bytes of a disk in hexadecimal, as nbddump does. Lines equal to the one before become a *.

${targetHelp}`,
  options: {
    length: value('N', 'how many bytes; the default is all the rest of the disk', { short: 'n', aliases: ['limit'] }),
    offset: value('N', 'where to start; default 0', { short: 'o', aliases: ['skip'] }),
    ...colourOptions,
    ...patienceOptions,
  },
  examples: [
    ['libnbd-wasm dump --length 512 nbd://localhost', 'the first sector'],
    ['libnbd-wasm dump --offset 1M --length 4k nbd://localhost/disk', 'the first 4 KiB of a usual first partition'],
  ],
  operands: 'servers',
  async run({ values, operands }) {
    const target = targetOf(operands);
    const limits = limitsOf(values);
    const start = count('offset', values.offset) ?? 0n;
    const length = count('length', values.length);
    const look = isColoured(values) ? coloured : plain;
    if (look === coloured && process.stdout.isTTY) restoreWhenEnded();
    const prepare = (nbd: NBD) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
    await withConnection(target, limits, prepare, (nbd, patience) => {
      patience.setLimit(limits.data);
      return dump(nbd, start, length, look, patience);
    });
    return 0;
  },
});

/**
 * A number of bytes. nbddump takes decimal numbers alone, and ends a number where its digits end: it reads 10abc as 10, 1M as 1 and 0x10
 * as 0. Under its name whatever is not all digits is refused, in its words, rather than read as something that was not meant.
 */
function count(option: string, given: string | undefined): bigint | undefined {
  if (!isUpstream || given === undefined) return bytes(option, given);
  if (!/^\d+$/.test(given)) throw new Error(`could not parse --${option} option: ${given}`);
  return BigInt(given);
}

/** Gives the terminal its colours back when a signal ends the program in the middle of a line, and ends it as the signal would. */
function restoreWhenEnded(): void {
  for (const name of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      process.stdout.write(`\n${restored}`); // to a terminal, this is done when it returns
      process.exit(isUpstream ? 1 : 128 + constants.signals[name]);
    });
  }
}

async function dump(nbd: NBD, start: bigint, limit: bigint | undefined, look: Look, patience: Patience): Promise<void> {
  if (limit === 0n) return; // wherever it begins, as with nbddump
  const size = nbd.getSize();
  if (start > size) throw new RangeError(`the offset ${start} is beyond the end of the disk, which has ${size} bytes`);
  const end = limit === undefined || limit > size - start ? size : start + limit;
  const hexDump = new HexDump(size, start, look);
  for await (const { offset, length, isHole } of parts(nbd, start, end, patience)) {
    if (isHole) {
      await patience.aside(printAll(hexDump.addZeroes(length)));
      continue;
    }
    for await (const chunk of nbd.readable({ offset, length, inFlight, signal: patience.signal })) {
      await patience.aside(printAll(hexDump.add(chunk)));
    }
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
async function* parts(nbd: NBD, start: bigint, end: bigint, patience: Patience): AsyncGenerator<Part, void, undefined> {
  if (nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)) {
    for (let at = start; at < end; at += mapped) {
      yield* mappedParts(nbd, at, end - at < mapped ? end : at + mapped, patience);
    }
  } else if (start < end) {
    yield { offset: start, length: end - start, isHole: false };
  }
}

async function* mappedParts(nbd: NBD, start: bigint, end: bigint, patience: Patience): AsyncGenerator<Part, void, undefined> {
  let at = start;
  for await (const { offset, length, flags } of nbd.extents({ offset: start, length: end - start, signal: patience.signal })) {
    patience.renew();
    if ((flags & BigInt(STATE_ZERO)) === 0n || length < shortHole) continue;
    if (at < offset) yield { offset: at, length: offset - at, isHole: false };
    yield { offset, length, isHole: true };
    at = offset + length;
  }
  if (at < end) yield { offset: at, length: end - at, isHole: false };
}
