// Where an NBD server is, from its URI.

/** As `net.connect` takes it. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

const defaultPort = 10809;

/** The address in an NBD URI; the export in it does not matter here. Throws TypeError for what is no such URI. */
export function parseAddress(uri: string): Address {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  switch (url?.protocol) {
    case 'nbd:': {
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      if (host === '') break;
      return { host, port: url.port === '' ? defaultPort : Number(url.port) };
    }
    case 'nbd+unix:': {
      const path = url.searchParams.get('socket');
      if (!path) break;
      return { path };
    }
    case 'nbds:':
    case 'nbds+unix:':
      throw new TypeError(`${uri}: TLS to the NBD server is not supported`);
  }
  throw new TypeError(`${uri} is not a URI such as nbd://localhost:10809 or nbd+unix:///?socket=/run/nbd.sock`);
}
