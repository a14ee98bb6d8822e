// A server's name with several addresses, and an address that answers late.
import dns from 'node:dns';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished, vi } from 'vitest';
import { Program } from '../proxy/cli.js';

export const name = 'server.example';

/** Gives the server's name some addresses, for one test. */
export function resolveTo(...addresses: string[]): void {
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

/** Forwards a port of 127.0.0.2 of 127.0.0.2 to a Unix socket, but takes no connection before a line comes on its standard input. */
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

/** A port of 127.0.0.2 that leads to a Unix socket, and takes no connection before it is told to. */
export async function lateAddress(path: string): Promise<{ port: number; listen: () => void }> {
  const program = new Program('--input-type=module', '--eval', deafListener, path);
  const port = Number(await program.firstLine);
  await fill(port);
  return { port, listen: () => program.write('\n') };
}

/** Connects until no connection is taken any more. */
async function fill(port: number): Promise<void> {
  for (;;) {
    const socket: Socket = connect(port, '127.0.0.2');
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    if ((await Promise.race([once(socket, 'connect'), delay(200, 'full')])) === 'full') return;
  }
}
