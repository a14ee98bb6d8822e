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
  getenv: (name) => process.env[name] ?? (name === 'LOGNAME' ? userInfo().username : undefined),
};
