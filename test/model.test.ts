// Sequences of requests made by fast-check, held against a model of the disk.
import fc from 'fast-check';
import type { NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, noise } from './support/bytes.js';
import { connected } from './support/handles.js';
import { nbdkit, nbdServer, qemuNbd, type TestServer } from './support/platform.js';

const size = 2 ** 20;

type Operation = { kind: 'read' | 'write' | 'zero' | 'flush'; offset: number; count: number; seed: number };

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom('read', 'read', 'write', 'write', 'zero', 'flush'),
  offset: fc.nat(size - 1),
  // Around the sizes at which the library takes another way, and small ones.
  count: fc.oneof(
    fc.integer({ min: 1, max: 600 }),
    fc.integer({ min: 8000, max: 8400 }),
    fc.integer({ min: 65000, max: 200_000 }),
  ),
  seed: fc.nat(1000),
});

/** Issues an operation, and does the same to the model. */
function perform(nbd: NBD, model: Uint8Array, { kind, offset, count, seed }: Operation): () => Promise<void> {
  const length = Math.min(count, size - offset);
  const at = (bytes: Uint8Array) => bytes.subarray(offset, offset + length);
  switch (kind) {
    case 'read': {
      const expected = at(model).slice();
      return async () => expect(firstDifference(await nbd.pread(length, offset), expected)).toBe(-1);
    }
    case 'write': {
      const bytes = noise(length, seed);
      at(model).set(bytes);
      return () => nbd.pwrite(bytes, offset);
    }
    case 'zero':
      at(model).fill(0);
      return () => (nbd.canZero() ? nbd.zero(length, offset) : nbd.pwrite(new Uint8Array(length), offset));
    case 'flush':
      return () => (nbd.canFlush() ? nbd.flush() : Promise.resolve());
  }
}

/** Groups of operations that touch different bytes, whose order the protocol leaves to the server. */
function independent(operations: Operation[]): Operation[][] {
  const groups: Operation[][] = [];
  let group: Operation[] = [];
  for (const next of operations) {
    const overlaps = group.some(({ offset, count }) => offset < next.offset + next.count && next.offset < offset + count);
    if (overlaps) {
      groups.push(group);
      group = [];
    }
    group.push(next);
  }
  return [...groups, group];
}

const servers: [string, () => Promise<TestServer>, string][] = [
  ['nbdkit', () => nbdkit('memory', String(size)), ''],
  ['nbdkit --no-sr', () => nbdkit('--no-sr', 'memory', String(size)), ''],
  ['qemu-nbd', () => qemuNbd({ format: 'qcow2', size }), ''],
  ['nbd-server', () => nbdServer(new Uint8Array(size)), 'disk'],
];

test.for(servers)('%s', async ([, start, name]) => {
  const nbd = await connected(await start(), (nbd) => nbd.setExportName(name));
  const model = new Uint8Array(size);
  const property = fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 40 }), async (operations) => {
    for (const group of independent(operations)) {
      await Promise.all(group.map((one) => perform(nbd, model, one)()));
    }
    expect(firstDifference(await nbd.pread(size, 0), model)).toBe(-1);
  });
  await fc.assert(property, { numRuns: 40 });
});
