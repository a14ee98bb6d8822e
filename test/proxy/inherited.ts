// A listening socket on a free port, for a program that is to inherit it: it listens before the program runs, so that there is
// nothing to wait for and no port to be taken by somebody else meanwhile.
import { type AddressInfo, createServer } from 'node:net';
import { listen } from '../support/servers.js';

export async function inherited(): Promise<{ port: number; fd: number; close(): void }> {
  const listener = createServer();
  await listen(listener, { host: '127.0.0.1', port: 0 });
  // Node has no public way to let a child inherit a listening socket that it can go on with by itself.
  const { _handle } = listener as unknown as { _handle: { fd: number } };
  return { port: (listener.address() as AddressInfo).port, fd: _handle.fd, close: () => listener.close() };
}
