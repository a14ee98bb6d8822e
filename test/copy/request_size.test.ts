// How large the requests of copy(), compare() and checksum() are, unless somebody says so.
import { checksum, compare, copy } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { MemoryDisk } from '../support/memory_disk.js';

const MiB = 2 ** 20;
const bytes = noise(8 * MiB, 1);

class Connected extends MemoryDisk {
  readonly connections: number | undefined;

  constructor(connections: number | undefined) {
    super(bytes);
    this.connections = connections;
  }

  /** The lengths of its requests, but for those of status and flush. */
  get lengths(): number[] {
    const lengths = this.requests.map((request) => /^p(?:read|write) (\d+)/.exec(request)?.[1]);
    return [...new Set(lengths.filter((length) => length !== undefined).map(Number))];
  }
}

test.for<[number | undefined, number]>([
  [undefined, 4 * MiB],
  [1, 4 * MiB],
  [2, 4 * MiB],
  [3, 2 * MiB],
  [4, 2 * MiB],
  [16, MiB / 2],
  [1000, MiB / 4],
])('with %o connections, requests of %o bytes', async ([connections, length]) => {
  const [source, destination] = [new Connected(connections), new Connected(1)];
  await copy(source, destination);
  await compare(source, destination);
  await checksum(source);
  expect([source.lengths, destination.lengths]).toEqual([[length], [length]]);
  const other = new Connected(1);
  await copy(new Connected(1), other, { queueSize: 4 * MiB });
  expect(other.lengths).toEqual([2 * MiB]);
});
