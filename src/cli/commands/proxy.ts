// `libnbd-wasm proxy`: lets web pages reach named NBD servers through WebSockets.
import { readFileSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { refusedOriginOf } from '../../proxy/admission.js';
import type { ConnectionLog } from '../../proxy/log.js';
import { defaults } from '../../proxy/options.js';
import { createProxy, jsonLine, type NbdProxy, type ProxyOptions, textLine } from '../../proxy.js';
import { escapeControls } from '../../text/escape.js';
import { type Call, defineCommand, flag, type Operand, value, values } from '../command.js';
import { print } from '../printing/output.js';
import { isUri, withoutPassword } from '../servers/uris.js';
import { authorityOf, httpServer, listen, parseListen, signal } from '../serving/listening.js';
import { tlsCredentials, tlsOptions } from '../serving/tls.js';
import { count, milliseconds, UsageError } from '../usage.js';

const defaultAddress = '127.0.0.1:10810';
const defaultDrainTimeout = 30_000;

const logLines = new Map([
  ['text', textLine],
  ['json', jsonLine],
]);

const options = {
  target: values(
    'NAME=URI',
    'a server: nbd://HOST[:PORT] or nbd+unix:///?socket=PATH; or one export of it alone: nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=PATH. With nbds: the proxy speaks TLS to it. Or the URL of another proxy, ws: or wss:',
  ),
  listen: value('[ADDRESS:]PORT', `default ${defaultAddress}; port 0 takes a free one`),
  'allow-origin': values('ORIGIN', 'pages of this origin may connect, such as https://example.com'),
  'allow-host': values('NAME', 'the proxy is reached under this name'),
  'token-file': value('FILE', 'the secret that URLs need as ?token=; beyond loopback there is always one', { choices: 'files' }),
  'read-only': flag('refuse everything but reads'),
  cert: value('FILE', 'with --key: TLS for pages, from PEM files', { choices: 'files' }),
  key: value('FILE', 'the private key of --cert', { choices: 'files' }),
  ...tlsOptions,
  log: value('FORMAT', 'one line for each connection, to standard error; default text', { choices: [...logLines.keys()] }),
  'max-connections': value('N', `how many at a time; default ${defaults.maxConnections}`),
  'max-payload': value('BYTES', `the longest message from a client; default ${defaults.maxPayload}`),
  'max-buffered': value('BYTES', `what may wait in each direction; default ${defaults.maxBuffered}`),
  'handshake-timeout': value(
    'S',
    `seconds for the upgrade, for reaching the server, and for the first bytes of both sides; default ${defaults.handshakeTimeout / 1000}`,
  ),
  'idle-timeout': value('S', `seconds without a byte that end a connection; default ${defaults.idleTimeout / 1000}; 0 for none`),
  'ping-interval': value(
    'S',
    `seconds in which a client must answer a ping; default ${defaults.pingInterval / 1000}; 0 for none`,
  ),
  'drain-timeout': value('S', `seconds that SIGTERM waits for connections to end; default ${defaultDrainTimeout / 1000}`),
} as const;
type Values = Call<typeof options>['values'];

export const command = defineCommand({
  name: 'proxy',
  summary: 'lets web pages reach NBD servers through WebSockets',
  synopsis: ['URI [OPTION ...]', '--target NAME=URI [--target ...] [OPTION ...]'],
  about: 'Lets web pages reach the NBD servers that are named, at ws://ADDRESS:PORT/nbd/NAME. A URI alone has the name disk.',
  options,
  examples: [
    ['libnbd-wasm proxy nbd://localhost', 'pages of this machine reach it as ws://127.0.0.1:10810/nbd/disk'],
    ['libnbd-wasm proxy --read-only --target vm=nbd+unix:///vm?socket=/run/nbd.sock', 'the export vm alone, for reading alone'],
    ['libnbd-wasm proxy --target disk=nbds://localhost --allow-origin https://example.com', "over TLS, for a site's pages"],
  ],
  operands: 'servers',
  async run({ values, operands }) {
    const targets = [...operands.map(unnamedTarget), ...values.target];
    if (targets.length === 0) throw new UsageError('no target was given: libnbd-wasm proxy nbd://localhost');
    await serve({ ...values, target: targets });
    return 0;
  },
});

async function serve(values: Values): Promise<void> {
  const address = parseListen(values.listen ?? defaultAddress);
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
    const asked = signal(); // from now on: whoever reads the URLs may end it at once
    await print(announcement(server, proxy, Object.keys(options.targets), values.cert !== undefined));
    await asked;
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
  const line = logLines.get(values.log ?? 'text');
  if (line === undefined) throw new UsageError(`--log takes text or json, not ${values.log}`);
  const tokenFile = values['token-file'];
  return {
    targets: parseTargets(values.target),
    tls: tlsCredentials(values),
    allowOrigins: values['allow-origin'],
    allowHosts: values['allow-host'],
    token: tokenFile === undefined ? undefined : readFileSync(tokenFile, 'utf8').trim(),
    readOnly: values['read-only'],
    maxConnections: count('max-connections', values['max-connections']),
    maxPayload: count('max-payload', values['max-payload']),
    maxBuffered: count('max-buffered', values['max-buffered']),
    handshakeTimeout: milliseconds('handshake-timeout', values['handshake-timeout']),
    idleTimeout: milliseconds('idle-timeout', values['idle-timeout']),
    pingInterval: milliseconds('ping-interval', values['ping-interval']),
    log: (entry) => void process.stderr.write(`${line(withAdvice(entry))}\n`),
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

/** The page is told what is wrong; who runs the proxy, also what to do. */
function withAdvice(entry: ConnectionLog): ConnectionLog {
  const origin = refusedOriginOf(entry);
  return origin === undefined
    ? entry
    : { ...entry, reason: `${entry.reason}: to let its pages in, add --allow-origin ${origin}` };
}

/** What `--target` has for a server that is given without a name. */
function unnamedTarget(operand: Operand): string {
  if (typeof operand === 'string' && isUri(operand)) return `disk=${operand}`;
  const shown = [operand].flat().map(withoutPassword).join(' ');
  throw new UsageError(`${shown} is not a URI such as nbd://localhost: a proxy leads to servers that run already`);
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
