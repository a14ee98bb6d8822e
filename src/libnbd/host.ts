// What the platform can do for libnbd beside carrying bytes: open connections, start processes and TLS, and read the environment.
import { NBDError } from '../base/errors.js';
import type { Reopenable } from '../sockets/rerouting.js';
import type { DescriptorTable } from '../sockets/table.js';
import type { ConnectWebSocket } from '../transports/connect_web_socket.js';
import type { Connect, ConnectTarget } from '../transports/target.js';
import type { Transport } from '../transports/transport.js';
import type { Memory } from '../wasm/memory.js';
import type { Failures } from './posix/failure.js';
import type { ProcessCalls } from './posix/processes.js';

/** Credentials for TLS in memory, as PEM; `psk.key` is in hexadecimal. */
export interface TlsCredentials {
  /** The authorities that are trusted. Where it is left out, Node trusts the system's; a page has none, and has to be given some. */
  ca?: string | Uint8Array;
  /** The client's own certificate, for a server that asks for one, and its key. */
  cert?: string | Uint8Array;
  key?: string | Uint8Array;
  /** A list of revoked certificates. */
  crl?: string | Uint8Array;
  /** A pre-shared key in place of certificates. */
  psk?: { identity: string; key: string };
}

/** The settings of a handle for TLS. */
export interface TlsSettings {
  /** The name that was connected to. The server chooses its certificate by it. */
  hostname: string | undefined;
  /** The name that the certificate must have; undefined where none is known. */
  verifyName: string | undefined;
  verifyPeer: boolean;
  /** A folder of certificates. */
  certificates: string | undefined;
  pskFile: string | undefined;
  username: string | undefined;
  /** Credentials that were given in memory, in place of all files. */
  credentials: TlsCredentials | undefined;
}

export interface Host {
  readonly connect: Connect;
  readonly connectWebSocket: ConnectWebSocket;
  /** Makes what answers the calls that start servers; left out where the platform has no processes, so that a page does not load it. */
  readonly processCalls?: ((memory: Memory, descriptors: DescriptorTable, failures: Failures) => ProcessCalls) | undefined;
  /** Starts TLS on a connection. Until the server is verified, the result is `connecting`. */
  readonly startTls: (below: Reopenable, settings: TlsSettings) => Transport;
  /** An environment variable. */
  readonly getenv?: (name: string) => string | undefined;
}

/** The `connect` of a platform that opens no connections. */
export function cannotConnect(target: ConnectTarget): never {
  const what = 'path' in target ? target.path : `${target.host}:${target.port}`;
  throw new NBDError(
    `this platform cannot open a connection to ${what} by itself: give load() a connect function that does, for example ` +
      'through a WebSocket proxy, or hand over a socket with connectSocket()',
    'ENOTSUP',
  );
}
