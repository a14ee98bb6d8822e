// One recorded dialogue, delivered in one piece, in pieces of some bytes and a byte at a time: the result is the same.
import type { NBDError } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { pattern } from './support/bytes.js';
import { converse, dialogue } from './support/dialogues.js';
import { newHandle } from './support/handles.js';
import { peer } from './support/platform.js';
import type { Replies } from './support/protocol.js';
import type { Step } from './support/script.js';
import { ScriptedTransport } from './support/scripted_transport.js';

const withHole = pattern(4096, 1024);
withHole.fill(0, 256, 512);
const size = 2n ** 63n - 1n;
const error = { error: expect.objectContaining({ name: 'NBDError', code: 'ENOSPC' }) };

const extents = (a: bigint, b: bigint) => [
  [
    'base:allocation',
    0n,
    [
      { length: a, flags: 0n },
      { length: b, flags: 3n },
    ],
    { code: null },
  ],
];

const expected: Record<Replies, unknown[]> = {
  simple: [
    { result: undefined },
    { result: [size, true, 'newstyle-fixed', false] },
    { result: pattern(4096, 1024) },
    error,
    { result: undefined },
  ],
  structured: [
    { result: undefined },
    { result: [size, true, 'newstyle-fixed', false] },
    { result: withHole },
    { result: extents(65536n, 2n ** 31n) },
    error,
    { result: undefined },
  ],
  extended: [
    { result: undefined },
    { result: [size, true, 'newstyle-fixed', true] },
    { result: pattern(4096, 1024) },
    { result: extents(2n ** 40n, 2n ** 33n) },
    error,
    { result: undefined },
  ],
};

/** The same bytes, those that follow one another without a pause as one. */
function joined(script: Step[]): Step[] {
  const steps: Step[] = [];
  for (const step of script) {
    const last = steps.at(-1);
    if (last !== undefined && 'send' in last && 'send' in step) {
      steps[steps.length - 1] = { send: new Uint8Array([...last.send, ...step.send]) };
    } else steps.push(step);
  }
  return steps;
}

describe.for(['simple', 'structured', 'extended'] as const)('%s replies', (replies) => {
  test('in one piece', async () => {
    const nbd = await newHandle();
    const server = await peer(joined(dialogue(replies)));
    expect(await converse(nbd, server.socket())).toEqual(expected[replies]);
  });

  test.for([1, 2, 3, 7, 20, 27])('in pieces of %d', async (pieceSize) => {
    const nbd = await newHandle();
    const server = await peer(dialogue(replies), pieceSize);
    expect(await converse(nbd, server.socket())).toEqual(expected[replies]);
  });

  test.for([1, 2, 3, 5, 19, Number.POSITIVE_INFINITY])('in pieces of %d, each an event of its own', async (pieceSize) => {
    const nbd = await newHandle();
    const transport = new ScriptedTransport(dialogue(replies), pieceSize);
    expect(await converse(nbd, transport)).toEqual(expected[replies]);
    expect(transport.closed).toBe(true);
  });
});

test('an error’s text is libnbd’s, with what the server said', async () => {
  const nbd = await newHandle();
  const outcomes = await converse(nbd, new ScriptedTransport(dialogue('structured')));
  const { error } = outcomes[4] as { error: NBDError };
  expect(error.message).toBe('nbd_flush: flush: command failed: No space left on device');
  expect(error.errno).toBe(28);
});
