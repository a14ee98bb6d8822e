// Connects a handle to what an NBD URI names: TCP and Unix sockets, without TLS.
import type { NetConnectOpts } from 'node:net';
import { type NBD, openConnection } from '../node.js';
import { UsageError } from './usage.js';

const defaultPort = 10809;

/** What a URI names. `canonical` is the URI in the form that nbdinfo prints. */
export interface Target {
  address: NetConnectOpts;
  exportName: string;
  canonical: string;
}

export function parseUri(uri: string): Target {
  let url: URL;
  try {
    url = new URL(uri);
  } catch {
    throw new UsageError(`${uri} is not an NBD URI: one looks like nbd://localhost or nbd+unix:///?socket=/tmp/nbd.sock`);
  }
  const exportName = decodeURIComponent(url.pathname.replace(/^\//, ''));
  switch (url.protocol) {
    case 'nbd:': {
      const port = url.port === '' ? defaultPort : Number(url.port);
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      if (host === '') throw new UsageError(`${uri} names no host: nbd://HOST[:PORT][/EXPORT]`);
      return { address: { host, port }, exportName, canonical: `nbd://${url.hostname}:${port}/${url.pathname.slice(1)}` };
    }
    case 'nbd+unix:': {
      const path = url.searchParams.get('socket');
      if (path === null) throw new UsageError(`${uri} names no socket: nbd+unix:///[EXPORT]?socket=PATH`);
      return { address: { path }, exportName, canonical: `nbd+unix:///${url.pathname.slice(1)}?socket=${path}` };
    }
    default:
      throw new UsageError(`${uri}: the scheme ${url.protocol} is not supported: use nbd: or nbd+unix:`);
  }
}

/** Connects `nbd` to a target; in option mode, the handle is then negotiating. */
export async function connect(nbd: NBD, { address, exportName, canonical }: Target): Promise<void> {
  nbd.setExportName(exportName);
  try {
    await nbd.connectSocket(openConnection(address));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot connect to ${canonical}: ${reason}`, { cause: error });
  }
}
