// What Node can do for libnbd: open connections, start processes and TLS, and read the environment.
import { userInfo } from 'node:os';
import type { Host } from '../libnbd/host.js';
import { openConnection } from './connect.js';
import { NodeProcesses } from './processes.js';
import { startTls } from './tls.js';
import { connectWebSocket } from './web_socket.js';

export const nodeHost: Host = {
  connect: openConnection,
  connectWebSocket,
  processes: new NodeProcesses(),
  startTls,
  getenv: (name) => permitted(() => process.env[name]) ?? (name === 'LOGNAME' ? permitted(() => userInfo().username) : undefined),
};

/** Deno asks for a permission (`--allow-env`, `--allow-sys`): what it refuses counts as not set. */
function permitted<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
