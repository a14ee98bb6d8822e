// A connection that is cut at any byte: what waits for it rejects with an NBDError, and nothing is left behind.
import { type Library, load, NBDError, type SocketLike } from 'libnbd-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concat, text, u16, u64 } from './support/bytes.js';
import { converse, dialogue } from './support/dialogues.js';
import { failure } from './support/handles.js';
import { holdings, nothing } from './support/internals.js';
import { peer } from './support/platform.js';
import { goReplies, greeting, handshake } from './support/protocol.js';
import type { Step } from './support/script.js';
import { ScriptedTransport } from './support/scripted_transport.js';

let lib: Library;
beforeAll(async () => {
  lib = await load();
});
afterAll(() => {
  expect(holdings(lib)).toEqual(nothing);
});

/** The script up to the server's nth byte. */
function cut(script: readonly Step[], n: number, how: 'end' | 'reset'): Step[] {
  const steps: Step[] = [];
  let left = n;
  for (const step of script) {
    if ('send' in step) {
      if (step.send.length >= left) return [...steps, { send: step.send.subarray(0, left) }, { close: how }];
      left -= step.send.length;
    }
    steps.push(step);
  }
  throw new Error('the script is shorter');
}

const length = (script: readonly Step[]) => script.reduce((sum, step) => sum + ('send' in step ? step.send.length : 0), 0);

async function connectTo(socket: SocketLike): Promise<void> {
  using nbd = lib.create();
  await nbd.connectSocket(socket);
}

const oldstyle: Step[] = [
  { send: concat(text('NBDMAGIC'), u64(0x420281861253n), u64(2n ** 20n), u16(0), u16(1), new Uint8Array(124)) },
];
/** Not fixed newstyle: the client can only name the export, and gets its size and flags with 124 zeroes. */
const exportName: Step[] = [
  { send: greeting(0) },
  { receive: 4 + 16 },
  { send: concat(u64(2n ** 20n), u16(1), new Uint8Array(124)) },
];

describe.for([
  ['oldstyle', oldstyle],
  ['newstyle', exportName],
  ['fixed newstyle', handshake('structured', 2n ** 20n)],
] as const)('the %s handshake', ([, script]) => {
  test('is complete with its last byte', async () => {
    await connectTo(new ScriptedTransport(script));
  });

  test.for(['end', 'reset'] as const)('cut at every byte: %s', async (how) => {
    for (let n = 0; n < length(script); n++) {
      const error = await failure(connectTo(new ScriptedTransport(cut(script, n, how))));
      expect(error, `after ${n} bytes`).toBeInstanceOf(NBDError);
      expect((error as NBDError).message).toMatch(/^nbd_connect_socket: /);
      if (how === 'reset') expect((error as NBDError).code).toBe('ECONNRESET');
    }
  });

  test('cut at every byte of a real socket', async () => {
    for (let n = 0; n < length(script); n += 3) {
      const server = await peer(cut(script, n, 'end'));
      expect(await failure(connectTo(server.socket())), `after ${n} bytes`).toBeInstanceOf(NBDError);
    }
  });
});

test('the reply to NBD_OPT_GO is what the handshake ends with', () => {
  expect(handshake('simple', 1n).at(-1)).toEqual({ send: goReplies(1n) });
});

test.for(['simple', 'structured', 'extended'] as const)('a whole dialogue cut at every byte, %s replies', async (replies) => {
  const script = dialogue(replies);
  for (let n = 0; n < length(script); n++) {
    using nbd = lib.create();
    const outcomes = await converse(nbd, new ScriptedTransport(cut(script, n, n % 2 === 0 ? 'end' : 'reset')));
    const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
    expect(errors.length, `after ${n} bytes`).toBeGreaterThan(0);
    for (const error of errors) expect(error).toBeInstanceOf(NBDError);
  }
});
