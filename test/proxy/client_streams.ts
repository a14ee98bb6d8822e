// What clients say, and what attackers make of it: options and requests, most of which fit, for property tests.
import fc from 'fast-check';
import { concat, text } from '../support/bytes.js';
import * as nbd from './client_bytes.js';
import { exportName, extended, flags, go, info, metaContext, option, request } from './client_bytes.js';

const longest = 'x'.repeat(4096);
export const write = request(nbd.WRITE, { payload: new Uint8Array(512).fill(0x66) });
/** What opens the export `disk` and writes to it, as it would be read that is hidden in another option. */
export const hidden: Uint8Array[] = [concat(exportName('disk'), write), concat(go('disk'), write)];

const name = fc.constantFrom('', 'disk', 'other', longest, `${longest}x`, 'IHAVEOPT');
const lie = fc.constantFrom(0, 0, 0, 0, 1, 2, -1, 4096, 2 ** 20);
const anyData = fc.oneof(
  fc.constant(new Uint8Array()),
  fc.tuple(name, fc.array(fc.nat(9), { maxLength: 4 })).map(([n, infos]) => info(n, infos)),
  fc.tuple(name, fc.array(name, { maxLength: 3 })).map(([n, queries]) => metaContext(n, queries)),
  name.map(text),
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(...hidden),
);
const anyOption = fc.tuple(fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(6, 7, 7, 7)), anyData, lie);
const fitting = fc.oneof(
  fc.constantFrom(nbd.LIST, nbd.STRUCTURED_REPLY, nbd.EXTENDED_HEADERS, nbd.ABORT).map((n) => option(n)),
  name.map((n) => go(n)),
  name.map((n) => option(nbd.SET_META_CONTEXT, metaContext(n, [n]))),
  name.map(exportName),
);
const anyRequest = fc.record({
  command: fc.oneof(fc.nat(9), fc.constantFrom(0, 0, 0, 7, 7)),
  length: fc.constantFrom(0, 8, 12, 13, 512, 65536, 65540),
  flags: fc.oneof(fc.nat(63), fc.constantFrom(0, 0, 0, 32)),
  isExtended: fc.boolean(),
  payload: fc.constantFrom(0, 0, 8, 12, 512),
});
/** A message, or what looks like one. */
export const message: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: fitting },
  { weight: 2, arbitrary: anyOption.map(([number, data, more]) => option(number, data, Math.max(0, data.length + more))) },
  {
    weight: 5,
    arbitrary: anyRequest.map(({ command, length, flags, isExtended, payload }) =>
      (isExtended ? extended : request)(command, {
        length: command === 2 || command === 3 ? length & 8 : length,
        flags,
        payload: new Uint8Array(payload),
      }),
    ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
);

/** A whole stream as messages, cut anywhere and with a few wrong bytes. */
export const messages: fc.Arbitrary<Uint8Array[]> = fc
  .record({
    clientFlags: fc.constantFrom(3, 3, 3, 3, 3, 1, 0),
    parts: fc.array(message, { minLength: 1, maxLength: 10 }),
    wrong: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 }),
    cuts: fc.array(fc.nat(), { maxLength: 3 }),
  })
  .map(({ clientFlags, parts, wrong, cuts }) => {
    const stream = concat(flags(clientFlags), ...parts);
    for (const [at, byte] of wrong) stream[4 + (at % (stream.length - 3))] = byte;
    const ends = [...cuts.map((cut) => cut % stream.length), stream.length].sort((a, b) => a - b);
    return ends.map((end, i) => stream.subarray(ends[i - 1] ?? 0, end));
  });
