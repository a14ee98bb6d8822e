// `libnbd-wasm proxy`: lets web pages reach named NBD servers through WebSockets.
import { readFileSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { parseArgs } from 'node:util';
import { defaults } from '../proxy/options.js';
import { createProxy, jsonLine, type NbdProxy, type ProxyOptions, textLine } from '../proxy.js';
import { escapeControls } from '../text/escape.js';
import { authorityOf, httpServer, listen, parseListen, signal } from './listening.js';
import { print } from './output.js';
import { tlsCredentials, tlsOptions, tlsUsage } from './tls.js';
import { UsageError } from './usage.js';

export const summary = 'lets web pages reach NBD servers through WebSockets';

const defaultAddress = '127.0.0.1:10810';
const defaultDrainTimeout = 30_000;

export const usage = `libnbd-wasm proxy --target NAME=URI [--target ...] [OPTION ...]

Lets web pages reach the NBD servers that are named, at ws://ADDRESS:PORT/nbd/NAME.

  --target NAME=URI         a server: nbd://HOST[:PORT] or nbd+unix:///?socket=PATH; or one export of it alone:
                            nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=PATH. With nbds: the proxy speaks
                            TLS to it
  --listen ADDRESS:PORT     default ${defaultAddress}; port 0 takes a free one
  --allow-origin ORIGIN     pages of this origin may connect, such as https://example.com
  --allow-host NAME         the proxy is reached under this name
  --token-file FILE         the secret that URLs need as ?token=; beyond loopback there is always one
  --read-only               refuse everything but reads
  --cert FILE --key FILE    TLS for pages, from PEM files
${tlsUsage}  --log text|json           one line for each connection, to standard error
  --max-connections N       default ${defaults.maxConnections}
  --max-payload BYTES       the longest message from a client; default ${defaults.maxPayload}
  --max-buffered BYTES      what may wait in each direction; default ${defaults.maxBuffered}
  --handshake-timeout S     default ${defaults.handshakeTimeout / 1000}
  --idle-timeout S          default ${defaults.idleTimeout / 1000}; 0 for none
  --ping-interval S         default ${defaults.pingInterval / 1000}; 0 for none
  --drain-timeout S         how long SIGTERM waits for connections to end; default ${defaultDrainTimeout / 1000}
`;

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true, default: [] as string[] } as const;
const optionTypes = {
  'allow-host': texts,
  'allow-origin': texts,
  cert: text,
  'drain-timeout': text,
  'handshake-timeout': text,
  'idle-timeout': text,
  key: text,
  listen: { ...text, default: defaultAddress },
  log: { ...text, default: 'text' },
  'max-buffered': text,
  'max-connections': text,
  'max-payload': text,
  'ping-interval': text,
  'read-only': { type: 'boolean', default: false },
  target: texts,
  ...tlsOptions,
  'token-file': text,
} as const;

const logLines = new Map([
  ['text', textLine],
  ['json', jsonLine],
]);

const parse = (args: string[]) => parseArgs({ args, options: optionTypes }).values;
type Values = ReturnType<typeof parse>;

export async function run(args: string[]): Promise<void> {
  const values = parse(args);
  const address = parseListen(values.listen);
  const drainTimeout = milliseconds('drain-timeout', values['drain-timeout']) ?? defaultDrainTimeout;
  const { server, options, proxy } = makeServer(values);
  server.on('request', onRequest);
  server.on('upgrade', (request, socket) => {
    if (proxy.handles(request)) return;
    socket.on('error', () => {});
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy());
  });
  await listen(server, address);
  try {
    await print(announcement(server, proxy, Object.keys(options.targets), values.cert !== undefined));
    await signal();
    void signal().then(() => proxy.close(0)); // somebody is impatient: before it can be seen that the first was heard
  } finally {
    server.close();
  }
  await proxy.close(drainTimeout);
  server.closeAllConnections();
}

/** The server and its proxy; what createProxy refuses is a mistake in the command line. */
function makeServer(values: Values): { server: Server; options: ProxyOptions; proxy: NbdProxy } {
  try {
    const options = proxyOptions(values);
    const { cert, key } = values;
    const { handshakeTimeout = defaults.handshakeTimeout, maxConnections = defaults.maxConnections } = options;
    const server = httpServer({ cert, key, handshakeTimeout, maxConnections });
    return { server, options, proxy: createProxy({ ...options, server }) };
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function proxyOptions(values: Values): ProxyOptions {
  const line = logLines.get(values.log);
  if (line === undefined) throw new UsageError(`--log takes text or json, not ${values.log}`);
  const tokenFile = values['token-file'];
  return {
    targets: parseTargets(values.target),
    tls: tlsCredentials(values),
    allowOrigins: values['allow-origin'],
    allowHosts: values['allow-host'],
    token: tokenFile === undefined ? undefined : readFileSync(tokenFile, 'utf8').trim(),
    readOnly: values['read-only'],
    maxConnections: integer('max-connections', values['max-connections']),
    maxPayload: integer('max-payload', values['max-payload']),
    maxBuffered: integer('max-buffered', values['max-buffered']),
    handshakeTimeout: milliseconds('handshake-timeout', values['handshake-timeout']),
    idleTimeout: milliseconds('idle-timeout', values['idle-timeout']),
    pingInterval: milliseconds('ping-interval', values['ping-interval']),
    log: (entry) => void process.stderr.write(`${line(entry)}\n`),
  };
}

// Tells nothing that a stranger may not know: this is answered whatever the request's Host is, as balancers send addresses.
const onRequest: RequestListener = (request, response) => {
  if (request.url === '/healthz') {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end('{"status":"ok"}\n');
  } else {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('WebSockets only: /nbd/NAME\n');
  }
};

function announcement(server: Server, { token, unconfined }: NbdProxy, names: string[], isTls: boolean): string {
  const base = `${isTls ? 'wss' : 'ws'}://${authorityOf(server)}/nbd/`;
  const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`;
  const urls = names.map((name) => `${base}${encodeURIComponent(name)}${query}\n`);
  return [...urls, ...unconfined.map((name) => `${escapeControls(name)}: all exports of the server\n`)].join('');
}

function parseTargets(options: string[]): Record<string, string> {
  const entries = options.map(parseTarget);
  const [twice] = entries.find(([name], i) => entries.findIndex(([other]) => other === name) !== i) ?? [];
  if (twice !== undefined) throw new UsageError(`--target ${twice}=… is there twice: give each target a name of its own`);
  return Object.fromEntries(entries);
}

function parseTarget(option: string): [name: string, uri: string] {
  const at = option.indexOf('=');
  if (at < 1) throw new UsageError(`--target takes NAME=URI, not ${option}`);
  return [option.slice(0, at), option.slice(at + 1)];
}

function integer(option: string, value: string | undefined): number | undefined {
  if (value !== undefined && !/^\d{1,10}$/.test(value)) throw new UsageError(`--${option} takes a number, not ${value}`);
  return value === undefined ? undefined : Number(value);
}

function milliseconds(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,7}(\.\d+)?$/.test(value)) throw new UsageError(`--${option} takes a number of seconds, not ${value}`);
  return Math.round(Number(value) * 1000);
}
