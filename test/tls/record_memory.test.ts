// The memory for records that wait: who has which bytes of it, and that it is used again.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordMemory } from '../../dist/tls/record_memory.js';

test('it gives no byte to two records that wait, in whatever order of sizes, and takes all back', () => {
  const step = fc.oneof(
    { weight: 20, arbitrary: fc.record({ take: fc.integer({ min: 22, max: 17_000 }), release: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ take: fc.constant(0), release: fc.integer({ min: 1, max: 60 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 400, maxLength: 400, size: 'max' }), (steps) => {
      const memory = new RecordMemory();
      const waiting: { record: Uint8Array<ArrayBuffer>; mark: number }[] = [];
      const buffers = new Set<ArrayBuffer>();
      let mark = 0;
      const release = () => {
        const first = waiting.shift();
        if (first === undefined) return;
        expect([first.record[0], first.record.at(-1)]).toEqual([first.mark, first.mark]);
        memory.release(first.record);
      };
      for (const one of steps) {
        for (let i = 0; i < one.release; i++) release();
        if (one.take === 0) continue;
        mark = (mark + 1) % 256;
        const record = memory.take(one.take).fill(mark);
        expect(record.length).toBe(one.take);
        waiting.push({ record, mark });
      }
      while (waiting.length > 0) release();
      for (let i = 0; i < 500; i++) {
        const record = memory.take(16_401);
        buffers.add(record.buffer);
        memory.release(record);
      }
      expect(buffers.size).toBe(1); // it is used again
    }),
    { numRuns: 10 },
  );
});

test('it goes round: as long as few records wait, none has memory of its own', () => {
  const memory = new RecordMemory();
  const waiting = Array.from({ length: 50 }, () => memory.take(16_401));
  const buffers = new Set(waiting.map(({ buffer }) => buffer));
  for (const length of Array.from({ length: 1000 }, (_, i) => (i % 17 === 0 ? 22 : 16_401))) {
    const record = memory.take(length);
    buffers.add(record.buffer);
    waiting.push(record);
    for (const first of waiting.splice(0, 1)) memory.release(first);
  }
  expect(buffers.size).toBe(1);
});
