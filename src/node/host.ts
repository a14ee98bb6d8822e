// What Node can do for libnbd: open connections, start processes and TLS, and read the environment.
import { userInfo } from 'node:os';
import type { Host } from '../libnbd/host.js';
import { ProcessCalls, type Processes } from '../libnbd/posix/processes.js';
import { tlsByModule } from '../tls/later.js';
import type { TlsOptions } from '../tls/options.js';
import type { Transport } from '../transports/transport.js';
import { openConnection } from './connect.js';
import { NodeProcesses } from './processes.js';
import { startTls } from './tls.js';
import { readCredentials } from './tls_credentials.js';
import { connectWebSocket } from './web_socket.js';

const processCalls =
  (processes: Processes): Host['processCalls'] =>
  (memory, descriptors, failures) =>
    new ProcessCalls(memory, descriptors, processes, failures);

export const nodeHost: Host = {
  connect: openConnection,
  connectWebSocket,
  processCalls: processCalls(new NodeProcesses()),
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

/** The same, with TLS by tls.wasm. Credentials in files are read as they are for Node's own. */
export function nodeHostWithTls(
  compileDefault: Parameters<typeof tlsByModule>[0],
  compileUrl: Parameters<typeof tlsByModule>[1],
  options: TlsOptions,
): Host {
  // Over a Unix socket or to a child there is no name, and nobody in between: any certificate of the authority's will do.
  const local = new WeakSet<Transport>();
  const noted = (transport: Transport) => {
    local.add(transport);
    return transport;
  };
  const byModule = tlsByModule(compileDefault, compileUrl, options, (transport) => local.has(transport));
  return {
    ...nodeHost,
    connect: (target) => ('path' in target ? noted(openConnection(target)) : openConnection(target)),
    processCalls: processCalls(new ProcessesNotingSockets(noted)),
    startTls: (below, settings) =>
      byModule(below, { ...settings, credentials: settings.credentials ?? readCredentials(settings) }),
  };
}

class ProcessesNotingSockets extends NodeProcesses {
  readonly #note: (transport: Transport) => Transport;

  constructor(note: (transport: Transport) => Transport) {
    super();
    this.#note = note;
  }

  override spawnOnStdio(argv: string[]) {
    const spawned = super.spawnOnStdio(argv);
    this.#note(spawned.transport);
    return spawned;
  }
}
