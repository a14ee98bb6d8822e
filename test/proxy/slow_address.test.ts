// A server's name has several addresses, which are tried in turn, as libnbd does: one that is slow is waited for.

import dns from 'node:dns';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pattern } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';
import { closedPort, portTo } from '../support/tcp.js';
import { Program } from './cli.js';
import { proxyTo } from './support.js';

const name = 'server.example';

/** Gives the server's name some addresses, for one test. */
function resolveTo(...addresses: string[]): void {
  const { lookup } = dns;
  const answer = (asked: string, ...rest: [unknown, (error: null, found: dns.LookupAddress[]) => void]) => {
    if (asked !== name) Reflect.apply(lookup, dns, [asked, ...rest]);
    else
      rest[1](
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
  };
  vi.spyOn(dns, 'lookup').mockImplementation(answer as unknown as typeof dns.lookup);
  onTestFinished(() => void vi.restoreAllMocks());
}

/** Forwards port 0 of 127.0.0.2 to a Unix socket, but takes no connection before a line comes on its standard input. */
const deafListener = `
  import { readSync } from 'node:fs';
  import { connect, createServer } from 'node:net';
  const server = createServer((socket) => {
    const other = connect(process.argv[1]);
    for (const end of [socket, other]) end.on('error', () => {});
    socket.pipe(other).pipe(socket);
  });
  server.listen({ host: '127.0.0.2', port: 0, backlog: 1 }, () => {
    console.log(server.address().port);
    setTimeout(() => readSync(0, new Uint8Array(1)), 10);
  });
`;

test('the first address answers late, and is the one that is taken', async () => {
  const { path } = await nbdkit('pattern', 'size=1M');
  const program = new Program('--input-type=module', '--eval', deafListener, path);
  const port = Number(await program.firstLine);
  await fill(port);
  resolveTo('127.0.0.2', '127.0.0.1'); // where nobody listens on this port
  const proxy = await proxyTo(`nbd://${name}:${port}`);
  const connecting = connected(proxy);
  await delay(600); // Node by itself waits 250 ms for each address
  program.write('\n');
  expect(await (await connecting).pread(8, 8)).toEqual(pattern(8, 8));
});

test('an address where nobody listens is followed by the next', async () => {
  const port = await portTo(await nbdkit('pattern', 'size=1M'));
  resolveTo('127.0.0.2', '127.0.0.1');
  expect(await (await connected(await proxyTo(`nbd://${name}:${port}`))).pread(8, 8)).toEqual(pattern(8, 8));
});

test('when nobody listens at any address, the client is told', async () => {
  const port = await closedPort();
  resolveTo('127.0.0.2', '127.0.0.1');
  await expect(connected(await proxyTo(`nbd://${name}:${port}`))).rejects.toThrow(
    '4502 the NBD server cannot be reached: ECONNREFUSED',
  );
});

/** Connects until no connection is taken any more. */
async function fill(port: number): Promise<void> {
  for (;;) {
    const socket: Socket = connect(port, '127.0.0.2');
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    if ((await Promise.race([once(socket, 'connect'), delay(200, 'full')])) === 'full') return;
  }
}
