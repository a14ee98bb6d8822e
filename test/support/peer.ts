// A scripted server on a socket. Every connection to it plays the script from its beginning.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { TestServer } from './platform.js';
import { temporaryFolder } from './processes.js';
import { Player, type Step } from './script.js';
import { listen } from './servers.js';

export async function peer(
  script: readonly Step[],
  pieceSize?: number,
): Promise<TestServer & { path: string; socket(): Socket }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    const player = new Player(
      {
        send: (bytes) => void socket.write(bytes),
        close: (how) => void (how === 'end' ? socket.end() : socket.resetAndDestroy()),
        pause: () => setImmediate(),
      },
      pieceSize,
    );
    socket.on('data', (bytes) => player.received(bytes.length));
    socket.on('error', () => player.stop()); // the client may go whenever it likes
    socket.on('close', () => {
      player.stop();
      sockets.delete(socket);
    });
    void player.play(script);
  });
  const kill = async () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(kill);
  // Only TCP can be reset.
  const resets = script.some((step) => 'close' in step && step.close === 'reset');
  const path = join(await temporaryFolder(), 'socket');
  await listen(server, resets ? { host: '127.0.0.1', port: 0 } : { path });
  const address = server.address() as AddressInfo | string;
  return { path, kill, socket: () => (typeof address === 'string' ? connect(address) : connect(address.port, address.address)) };
}
