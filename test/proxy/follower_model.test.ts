// What passes, against a model that is told all at once: streams of options and requests, most of which fit, in pieces of
// any size.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../support/bytes.js';
import { flags } from './client_bytes.js';
import { message } from './client_streams.js';
import { type Choices, follow } from './followed.js';
import { judge } from './strict_model.js';

test('whatever the client sends, in any pieces: what reaches the server is what the model lets pass, and no more', () => {
  const world = fc.record({
    readOnly: fc.boolean(),
    target: fc.constantFrom(undefined, 'disk'),
    greeting: fc.constantFrom(3, 3, 3, 1, 0),
    clientFlags: fc.constantFrom(3, 3, 3, 3, 1, 0, 4),
    agreed: fc.array(fc.boolean(), { maxLength: 8 }),
    exportFlags: fc.constantFrom(1, 1 | (1 << 12)),
    sizes: fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 8 }),
    pieceSize: fc.integer({ min: 1, max: 64 }),
    messages: fc.array(message, { maxLength: 12 }),
  });
  let passed = 0;
  const codes = new Set<number | undefined>();
  const property = fc.property(
    world,
    ({ readOnly, target, greeting, clientFlags, agreed, exportFlags, sizes, pieceSize, messages }) => {
      fc.pre(readOnly || target !== undefined);
      const choices: Choices = { greeting, exportFlags, pieceSize, agrees: (_, nth) => agreed[nth] ?? true };
      const stream = concat(flags(clientFlags), ...messages);
      const cut: Uint8Array[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        cut.push(stream.subarray(at, at + size));
        at += size;
      }
      const { passes, refused, code } = judge(stream, { readOnly, exportName: target, choices });
      const { toServer, injected, ending } = follow({ readOnly, exportName: target }, cut, choices);
      expect(ending?.code).toBe(code);
      // With a message that may not pass, harmless requests that came with it are lost.
      if (code === undefined) expect(toServer).toEqual(passes);
      else expect(toServer).toEqual(passes.subarray(0, toServer.length));
      expect(injected.length).toBe(refused * (20 + 52));
      passed += toServer.length;
      codes.add(code);
    },
  );
  fc.assert(property, { numRuns: 3000 });
  expect(codes).toEqual(new Set([undefined, 4400, 4404, 4405]));
  expect(passed).toBeGreaterThan(100_000);
});
