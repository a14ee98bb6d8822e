// A program whose handles are closed ends by itself, without process.exit().
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { peer } from '../support/peer.js';
import { runProgram } from '../support/programs.js';
import { handshake } from '../support/protocol.js';
import { nbdkit } from '../support/servers.js';

const program = readFileSync(new URL('programs/exits.ts', import.meta.url), 'utf8');
const ways = [...program.matchAll(/^ {2}'(.*)': async/gm)].map(([, way = '']) => way);

test('the program has as many ways as it is asked for', () => {
  expect(ways.length).toBeGreaterThan(10);
});

test.for(ways)('%s', async (way) => {
  const server = await nbdkit('memory', '64M');
  expect(await runProgram('exits', [way, server.path])).toEqual([`reached the end: ${way}`]);
});

test('closed with requests in flight that the server never takes', async () => {
  const server = await peer([...handshake('simple', 2n ** 26n)]);
  const { path } = server;
  expect(await runProgram('exits', ['closed with requests in flight', path])).toHaveLength(1);
});
