// The same calls on Debian's libnbd and on ours: the same results, texts and codes, but for what differences.ts lists.
import { describe, expect, test } from 'vitest';
import { newHandle } from '../support/handles.js';
import { nbdkit, type Server } from '../support/servers.js';
import { translated, unseen } from './differences.js';
import { Player } from './play.js';
import { playInPython, version } from './python.js';
import type { Outcome, Script, Step } from './script.js';
import { aio } from './scripts/aio.js';
import { blockStatus } from './scripts/block_status.js';
import { bounds } from './scripts/bounds.js';
import { connecting } from './scripts/connecting.js';
import { ending } from './scripts/ending.js';
import { flags } from './scripts/flags.js';
import { handshakes } from './scripts/handshakes.js';
import { optionMode } from './scripts/option_mode.js';
import { random } from './scripts/random.js';
import { requests } from './scripts/requests.js';
import { settings } from './scripts/settings.js';
import { states } from './scripts/states.js';

const all: Record<string, Script[]> = {
  settings,
  states,
  connecting,
  handshakes,
  flags,
  requests,
  bounds,
  'block status': blockStatus,
  'option mode': optionMode,
  aio,
  ending,
  'random sequences': random,
};

async function playHere(steps: readonly Step[], server: Server | undefined): Promise<Outcome[]> {
  const player = new Player(await newHandle(), () => {
    if (server === undefined) throw new Error('the script has no server');
    return server.socket();
  });
  const outcomes: Outcome[] = [];
  for (const step of steps) outcomes.push(await player.play(step));
  return outcomes;
}

describe.for(Object.entries(all))('%s', ([, scripts]) => {
  test.for(scripts.map((script) => [script.name, script] as const))('%s', async ([name, { steps, server }]) => {
    const start = async () => (server === undefined ? undefined : nbdkit(...server));
    const [theirServer, ourServer] = [await start(), await start()];
    const theirs = await playInPython(steps, theirServer?.path ?? null);
    const ours = await playHere(steps, ourServer);
    // Beside its step each outcome says what it is of.
    const told = (outcomes: Outcome[]) => outcomes.map((outcome, i) => ({ step: steps[i], ...outcome }));
    expect(told(ours)).toEqual(told(theirs.map((outcome, i) => translated(outcome, ours[i], steps[i], name))));
  });
});

test('Debian’s libnbd is the one that the differences are listed for', () => {
  expect(version).toMatch(/^1\.14\./);
});

test('every listed difference is there', () => {
  expect(unseen()).toEqual([]);
});
