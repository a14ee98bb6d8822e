// A scripted server on a socket. Every connection to it plays the script from its beginning.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { atEnd } from './cleanup.js';
import { temporaryFolder } from './processes.js';
import { Player, type Step } from './script.js';
import { listen, Server } from './servers.js';

export async function peer(script: readonly Step[], pieceSize?: number): Promise<Server> {
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
  atEnd(kill);
  // Only TCP can be reset.
  const resets = script.some((step) => 'close' in step && step.close === 'reset');
  if (!resets) {
    const path = join(await temporaryFolder(), 'socket');
    await listen(server, { path });
    return new Server({ path }, { kill });
  }
  const host = '127.0.0.1';
  await listen(server, { host, port: 0 });
  return new Server({ host, port: (server.address() as AddressInfo).port }, { kill });
}
