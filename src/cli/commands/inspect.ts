// `libnbd-wasm inspect`: shows disks in a page, which it serves with a proxy to them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaults } from '../../proxy/options.js';
import { DiskServer } from '../../serve/disk_server.js';
import { formats, isFormat, serveImage } from '../../serve/image.js';
import { createInspector, type InspectedDisk } from '../../serve/inspector.js';
import { escapeControls } from '../../text/escape.js';
import { type Call, defineCommand, flag, value, values } from '../command.js';
import { packageFile } from '../package_files.js';
import { complain, print } from '../printing/output.js';
import { openBrowser } from '../serving/browser.js';
import { authorityOf, httpServer, listen, parseListen, signal } from '../serving/listening.js';
import { type Source, sourcesOf } from '../serving/sources.js';
import { tlsCredentials, tlsOptions } from '../serving/tls.js';
import { UsageError } from '../usage.js';

const defaultAddress = '127.0.0.1:0';

const options = {
  format: value('FORMAT', 'the format of the files; default raw, whatever is in them', { choices: formats }),
  listen: value('[ADDRESS:]PORT', `default ${defaultAddress}; port 0 takes a free one`),
  'allow-host': values('NAME', 'the page is reached under this name'),
  'token-file': value('FILE', 'the secret that is in the URL, in place of a new one for each run', { choices: 'files' }),
  token: value('TOKEN', 'the same; others on this machine can see it'),
  cert: value('FILE', 'with --key: TLS for the page, from PEM files', { choices: 'files' }),
  key: value('FILE', 'the private key of --cert', { choices: 'files' }),
  ...tlsOptions,
  'no-open': flag('open no browser'),
} as const;

export const command = defineCommand({
  name: 'inspect',
  summary: 'shows disks in a page: partitions, contents, a map, hex',
  synopsis: ['[OPTION ...] [DISK ...]'],
  about: `Serves a page that shows disks and writes to none, prints its URL, and opens it in a browser. It ends with Ctrl-C.

A DISK is an NBD URI, the URL of a WebSocket, an image file or a block device, or a command in square brackets that serves NBD on the
socket that it inherits: [ nbdkit memory 1G ]. qemu-nbd needs --persistent --shared=0 there.`,
  options,
  examples: [
    ['libnbd-wasm inspect disk.img', 'a raw image'],
    ['libnbd-wasm inspect --format qcow2 vm.qcow2 nbd://localhost/backup', 'two disks side by side'],
    ['libnbd-wasm inspect --no-open --listen 0.0.0.0:8080 --allow-host host.example /dev/sdb', 'for a browser elsewhere'],
  ],
  operands: 'disks',
  async run(call) {
    await inspect(call, fileURLToPath(packageFile('dist/inspector/')));
    return 0;
  },
});

/** The command, with a page of any folder's. */
export async function inspect({ values, operands }: Call<typeof options>, folder: string): Promise<void> {
  const { format = 'raw', cert, key } = values;
  if (!isFormat(format)) throw new UsageError(`--format takes ${formats.join(', ')}, not ${format}`);
  const address = parseListen(values.listen ?? defaultAddress);
  const sources = sourcesOf(operands);
  const limits = { handshakeTimeout: defaults.handshakeTimeout, maxConnections: defaults.maxConnections };
  const server = httpServer({ cert, key, ...limits });
  const servers = new DiskServers();
  // Heard from here on, so that what was started is ended, also when the terminal is closed.
  const ending = signal(['SIGTERM', 'SIGINT', 'SIGHUP']);
  try {
    const disks: InspectedDisk[] = [];
    for (const source of sources) disks.push({ ...source, uri: await servers.uriOf(source, format) });
    const inspector = await createInspector({
      server,
      disks,
      folder,
      token: tokenOf(values),
      allowHosts: values['allow-host'],
      tls: tlsCredentials(values),
      onLinkTwice: () =>
        complain(
          'the link for the browser was opened twice. If you did not do so, another user of this machine may have the token: ' +
            'end this, and start it with --no-open',
        ),
    }).catch(mistaken);
    await listen(server, address);
    const base = `${cert === undefined ? 'http' : 'https'}://${authorityOf(server)}`;
    await print(announcement(`${base}/#token=${encodeURIComponent(inspector.token)}`, disks));
    if (!values['no-open']) openBrowser(`${base}${inspector.once()}`);
    await ending;
    server.close();
    await inspector.close();
    server.closeAllConnections();
  } finally {
    await servers.stop();
  }
}

/** The servers that were started, which are ended with the page. */
class DiskServers {
  readonly #servers: DiskServer[] = [];
  #isStopping = false;

  /** Where a disk is served; a file's or a command's server is started. */
  async uriOf({ what, name, source }: Source, format: Parameters<typeof serveImage>[1]): Promise<string> {
    if ('uri' in what) return what.uri;
    // What qemu-nbd says of an image has words of the image's, which must not reach the terminal as they are.
    const server =
      'command' in what
        ? new DiskServer(what.command)
        : new DiskServer(await serveImage(what.file, format), (line) => complain(`${source}: ${line}`));
    this.#servers.push(server);
    // Asked too early, a command might end with its first client, as qemu-nbd does by itself.
    if ('file' in what) {
      await server.untilItServes().catch((error: Error) => {
        throw new Error(`qemu-nbd does not serve ${source}: ${error.message}`, { cause: error });
      });
    }
    void server.ended.then((how) => {
      if (!this.#isStopping) complain(`the server of ${name} has ended (${how}): the page cannot read this disk any more`);
    });
    return server.uri;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}

/** What createInspector refuses is a mistake in the command line. */
function mistaken(error: unknown): never {
  if (error instanceof TypeError || error instanceof RangeError) throw new UsageError(error.message);
  throw error;
}

function tokenOf({ token, 'token-file': file }: { token?: string | undefined; 'token-file'?: string | undefined }) {
  if (token !== undefined && file !== undefined) throw new UsageError('--token and --token-file are two ways to say one thing');
  return file === undefined ? token : readFileSync(file, 'utf8').trim();
}

function announcement(url: string, disks: readonly InspectedDisk[]): string {
  const lines = disks.map(({ name, source }) => escapeControls(name === source ? name : `${name}: ${source}`));
  return [url, ...lines, 'Ctrl-C ends it.'].map((line) => `${line}\n`).join('');
}
