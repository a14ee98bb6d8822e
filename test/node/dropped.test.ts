// A handle that was dropped without close() is closed once the collector has found it, and its socket with it; one that
// somebody still waits for is not.
import { expect, test } from 'vitest';
import { runProgram } from '../support/programs.js';
import { nbdkit } from '../support/servers.js';

const run = async (what: string, ...server: string[]) =>
  runProgram('dropped', [(await nbdkit(...server)).path, what], ['--expose-gc']);

test('an idle one is closed, and the program ends', async () => {
  expect(await run('idle', 'memory', '1M')).toEqual(['collected: true']);
});

test('one that is held stays', async () => {
  expect(await run('held', 'memory', '1M')).toEqual(['collected: false', 'size: 1048576n']);
});

test('one with a request in flight stays until it is answered', async () => {
  const lines = await run('in flight', '--filter=delay', 'pattern', '1M', 'rdelay=4');
  expect(lines).toEqual(['collected: false', 'read: 0,0,0,0,0,0,0,8', 'collected: true']);
});
