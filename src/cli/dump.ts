// `libnbd-wasm dump`: a hex dump as nbddump makes it.
import { parseArgs } from 'node:util';
import { CONTEXT_BASE_ALLOCATION, NBD, STATE_ZERO } from '../node.js';
import { connect, parseTarget } from './connect.js';
import { paint } from './format.js';
import { bytes } from './usage.js';

const lineSize = 16;
const chunkSize = 2 ** 22;

export async function dump(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { length: { type: 'string', short: 'n' }, offset: { type: 'string', short: 'o', default: '0' } },
  });
  const target = parseTarget(positionals);
  const offset = bytes('offset', values.offset) ?? 0n;
  const limit = bytes('length', values.length);
  await using nbd = await NBD.create();
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  await connect(nbd, target);
  for await (const text of hexDump(nbd, offset, limit)) {
    // A slow reader of the output slows the reading of the disk.
    if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}

/** The dump of `limit` bytes from `offset`, or of all the rest, in pieces. Lines equal to the one before become a `*`. */
export async function* hexDump(nbd: NBD, offset: bigint, limit?: bigint): AsyncGenerator<string> {
  const size = nbd.getSize();
  if (offset > size) throw new RangeError(`the offset ${offset} is beyond the end of the disk, which has ${size} bytes`);
  const end = limit === undefined || limit > size - offset ? size : offset + limit;
  const hasMap = nbd.canMetaContext(CONTEXT_BASE_ALLOCATION);
  let previous = '';
  let isSquashing = false;
  for (let start = offset; start < end; ) {
    const count = end - start < chunkSize ? Number(end - start) : chunkSize;
    const isZero = hasMap && (await readsAsZeroes(nbd, start, count));
    const data = isZero ? new Uint8Array(count) : await nbd.pread(count, start);
    let text = '';
    for (let i = 0; i < count; i += lineSize) {
      const line = data.subarray(i, i + lineSize);
      const at = start + BigInt(i);
      const current = String.fromCharCode(...line).padEnd(lineSize, '\0');
      // The first line and the last are always shown.
      if (at > 0n && at + BigInt(lineSize) < size && current === previous) {
        if (!isSquashing) text += '*\n';
        isSquashing = true;
        continue;
      }
      isSquashing = false;
      previous = current;
      text += `${paint('green', at.toString(16).padStart(10, '0'))}: ${hexadecimal(line)}|${printable(line)}|\n`;
    }
    start += BigInt(count);
    yield text;
  }
}

/** Whether the server says of all of a range that it reads as zeroes, so that it need not be read. */
async function readsAsZeroes(nbd: NBD, offset: bigint, count: number): Promise<boolean> {
  let covered = 0n;
  let isZero = true;
  await nbd.blockStatus64(count, offset, (context, _offset, entries) => {
    if (context !== CONTEXT_BASE_ALLOCATION) return;
    for (const { length, flags } of entries) {
      covered += length;
      isZero &&= (flags & BigInt(STATE_ZERO)) !== 0n;
    }
  });
  return isZero && covered >= BigInt(count);
}

function hexadecimal(line: Uint8Array): string {
  let text = '';
  for (let i = 0; i < lineSize; i++) {
    const byte = line[i];
    text += byte === undefined ? '   ' : `${byte.toString(16).padStart(2, '0')} `;
    if (i === 7) text += ' ';
  }
  return text;
}

function printable(line: Uint8Array): string {
  return [...line]
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
    .join('')
    .padEnd(lineSize);
}
