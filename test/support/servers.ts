// Real NBD servers: nbdkit, qemu-nbd and nbd-server, each started for one test, on a Unix socket in a temporary folder or on
// a TCP port that the kernel chose.
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { atEnd } from './cleanup.js';
import { OwnedProcess, run, temporaryFolder } from './processes.js';
import type { TestServer } from './test_server.js';

export class Server implements TestServer {
  /** Where it listens, as `net.connect` takes it. */
  readonly address: { path: string } | { host: string; port: number };
  readonly #process: { kill(): Promise<void> };

  constructor(address: Server['address'], process: { kill(): Promise<void> }) {
    this.address = address;
    this.#process = process;
  }

  /** A new connection to it, still connecting. */
  socket(): Socket {
    return connect(this.address);
  }

  /** Kills it with SIGKILL, as it is about to be anyway when the test is over. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** The path of its Unix socket, for other programs. */
  get path(): string {
    if (!('path' in this.address)) throw new Error('this server listens on TCP');
    return this.address.path;
  }

  /** The URI that libnbd's own tools take. */
  get uri(): string {
    if ('path' in this.address) return `nbd+unix:///?socket=${this.address.path}`;
    return `nbd://${this.address.host}:${this.address.port}`;
  }
}

/** nbdkit with a plugin and what else its command line has. */
export async function nbdkit(...args: string[]): Promise<Server> {
  const folder = await temporaryFolder();
  const path = join(folder, 'socket');
  const pidfile = join(folder, 'pid');
  const process = new OwnedProcess(['nbdkit', '--foreground', '--pidfile', pidfile, '--unix', path, ...args]);
  await process.untilFileExists(pidfile);
  return new Server({ path }, process);
}

export interface Image {
  format: 'raw' | 'qcow2';
  /** In bytes. */
  size: number;
  /** Its first bytes; the others are a hole. */
  content?: Uint8Array;
  /** A dirty bitmap, which is served as well. The first bytes are dirty, and what the commands write. */
  bitmap?: string;
  /** A raw image below it, with these first bytes. */
  backing?: Uint8Array;
  /** Commands of qemu-io's. */
  commands?: readonly string[];
  /** Further options of qemu-nbd's. */
  options?: string[];
}

/** qemu-nbd with an image of its own. */
export async function qemuNbd({ format, size, content, bitmap, backing, commands = [], options = [] }: Image): Promise<Server> {
  const folder = await temporaryFolder();
  const path = join(folder, 'socket');
  const pidfile = join(folder, 'pid');
  const image = join(folder, 'image');
  const below: string[] = [];
  if (backing !== undefined) {
    below.push('-F', 'raw', '-b', join(folder, 'backing'));
    await writeFile(join(folder, 'backing'), backing);
  }
  await run('qemu-img', 'create', '-q', '-f', format, ...below, image, String(size));
  if (bitmap !== undefined) await run('qemu-img', 'bitmap', '--add', image, bitmap);
  if (content !== undefined) {
    const source = join(folder, 'content');
    await writeFile(source, content);
    await run('qemu-io', '-f', format, '-c', `write -s ${source} 0 ${content.length}`, image);
  }
  if (commands.length > 0) await run('qemu-io', '-f', format, ...commands.flatMap((command) => ['-c', command]), image);
  const process = new OwnedProcess([
    'qemu-nbd',
    '--persistent',
    '--shared=0',
    `--format=${format}`,
    `--pid-file=${pidfile}`,
    `--socket=${path}`,
    ...(bitmap === undefined ? [] : [`--bitmap=${bitmap}`]),
    ...options,
    image,
  ]);
  await process.untilFileExists(pidfile);
  return new Server({ path }, process);
}

/**
 * nbd-server with one export, `disk`. It is run as inetd does, one process for each connection: as a daemon it would leave
 * the test's hands, and it would take a fixed port besides its Unix socket.
 */
export async function nbdServer(content: Uint8Array, settings: string[] = []): Promise<Server> {
  const folder = await temporaryFolder();
  const path = join(folder, 'socket');
  const image = join(folder, 'image');
  const config = join(folder, 'config');
  await writeFile(image, content);
  const lines = ['[generic]', 'port = 0', 'allowlist = true', '[disk]', `exportname = ${image}`, `filesize = ${content.length}`];
  await writeFile(config, `${[...lines, ...settings].join('\n')}\n`);
  const processes: OwnedProcess[] = [];
  const inetd = createServer({ pauseOnConnect: true }, (socket) => {
    processes.push(new OwnedProcess(['nbd-server', '-d', '-C', config], [socket, 'ignore', 'ignore']));
    socket.destroy(); // the process has its own copy
  });
  await listen(inetd, { path });
  return new Server({ path }, { kill: async () => void (await Promise.all(processes.map((process) => process.kill()))) });
}

/** nbdkit on a TCP port that the kernel chose, which it gets by socket activation. */
export async function nbdkitOnTcp(...args: string[]): Promise<Server> {
  const listener = createServer();
  await listen(listener, { host: '127.0.0.1', port: 0 });
  const { port } = listener.address() as AddressInfo;
  // sd_listen_fds(3): descriptor 3 listens already, so that nothing has to be waited for.
  const activated = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"';
  const process = new OwnedProcess(
    ['sh', '-c', activated, 'sh', 'nbdkit', '--foreground', ...args],
    ['ignore', 'ignore', 'pipe', descriptor(listener)],
  );
  listener.close();
  return new Server({ host: '127.0.0.1', port }, process);
}

/** Starts a server of the test's own, which is closed when the test is over. */
export async function listen(server: NetServer, where: { path: string } | { host: string; port: number }): Promise<void> {
  atEnd(() => void server.close());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(where, resolve);
  });
}

// Node has no public way to let a child inherit a listening socket that it can go on with by itself.
function descriptor(server: NetServer): number {
  const { _handle } = server as unknown as { _handle: { fd: number } };
  return _handle.fd;
}
