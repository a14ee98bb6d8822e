// Starts an NBD server and the proxy through which pages reach it, for all tests; tells them the URL, and ends both.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createProxy } from 'libnbd-wasm/proxy';

export default async function setup(project) {
  const socket = join(mkdtempSync(join(tmpdir(), 'nbd-')), 'socket');
  const nbdkit = spawn('nbdkit', ['--foreground', '--unix', socket, 'memory', '1M'], { stdio: 'inherit' });
  while (!existsSync(socket)) await setTimeout(10);

  const server = createServer();
  const allowOrigins = ['http://localhost:63315']; // where vitest serves its pages
  const proxy = createProxy({ server, targets: { disk: `nbd+unix:///?socket=${socket}` }, allowOrigins });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  project.provide('disk', `ws://127.0.0.1:${server.address().port}/nbd/disk`);

  return async () => {
    await proxy.close();
    server.close();
    nbdkit.kill();
    await once(nbdkit, 'exit');
  };
}
