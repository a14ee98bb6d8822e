// The library through Debian's websockify, which knows nothing of NBD.
import { connectWebSocket } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { OwnedProcess } from '../support/processes.js';
import { nbdkit, type Server } from '../support/servers.js';
import { inherited } from './inherited.js';

async function websockify(target: Server): Promise<string> {
  const listener = await inherited();
  new OwnedProcess(['websockify', '--inetd', `--unix-target=${target.path}`], [listener.fd, 'ignore', 'pipe']);
  listener.close();
  return `ws://127.0.0.1:${listener.port}/`;
}

test.for([{}, { protocols: 'binary' }])('reads and writes with %j', async (options) => {
  const url = await websockify(await nbdkit('memory', '64M'));
  const nbd = await newHandle();
  await nbd.connectSocket(connectWebSocket(url, options));
  const bytes = noise(20_000_001);
  await nbd.pwrite(bytes, 4097);
  expect(firstDifference(await nbd.pread(bytes.length, 4097), bytes)).toBe(-1);
  await nbd.shutdown();
});

test('many reads at a time', async () => {
  const nbd = await newHandle();
  await nbd.connectSocket(connectWebSocket(await websockify(await nbdkit('pattern', 'size=64M'))));
  const size = 100_001;
  const reads = await Promise.all(Array.from({ length: 200 }, (_, i) => nbd.pread(size, i * size)));
  for (const [i, read] of reads.entries()) expect(firstDifference(read, pattern(i * size, size))).toBe(-1);
});

test('a server that is killed', async () => {
  const server = await nbdkit('--filter=delay', 'memory', '1M', 'rdelay=60');
  const nbd = await newHandle();
  await nbd.connectSocket(connectWebSocket(await websockify(server)));
  const reading = nbdError(nbd.pread(512, 0));
  await server.kill();
  expect((await reading).code).toMatch(/^E(CONNRESET|NOTCONN)$/);
});

test('a server that is not there: its reason is in the error', async () => {
  const server = await nbdkit('memory', '1M');
  const url = await websockify(server);
  await server.kill();
  const error = await nbdError((await newHandle()).connectSocket(connectWebSocket(url)));
  expect(error.message).toContain('the WebSocket was closed: 1011 Failed to connect to downstream server');
});
