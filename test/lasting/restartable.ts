// Servers that are killed and started again at the same address, with the same disk.
import { rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { atEnd } from '../support/cleanup.js';
import { OwnedProcess, run, temporaryFolder } from '../support/processes.js';

export class Restartable {
  readonly path: string;
  readonly #pidfile: string;
  readonly #argv: (socket: string, pidfile: string) => string[];
  #process: OwnedProcess | undefined;
  /** How often it was started. */
  starts = 0;

  private constructor(folder: string, argv: (socket: string, pidfile: string) => string[]) {
    this.path = join(folder, 'socket');
    this.#pidfile = join(folder, 'pid');
    this.#argv = argv;
  }

  /** A server whose command line is made from the paths of its socket and its pid file. */
  static async start(argv: (socket: string, pidfile: string) => string[]): Promise<Restartable> {
    const server = new Restartable(await temporaryFolder(), argv);
    await server.start();
    return server;
  }

  get uri(): string {
    return `nbd+unix:///?socket=${this.path}`;
  }

  socket(): Socket {
    return connect(this.path);
  }

  async start(argv = this.#argv): Promise<void> {
    await rm(this.path, { force: true });
    await rm(this.#pidfile, { force: true });
    const process = new OwnedProcess(argv(this.path, this.#pidfile));
    atEnd(() => process.kill()); // nbdkit takes seconds to end while it has connections
    this.#process = process;
    this.starts++;
    await process.untilFileExists(this.#pidfile);
  }

  /** SIGKILL: what it had not written is lost. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }
}

export type Kind = 'nbdkit file' | 'nbdkit file, cached' | 'qemu-nbd qcow2';

/** A server of a kind, with an image of its own: of this content, or of so many zeroes. */
export async function restartable(kind: Kind, content: Uint8Array | number): Promise<Restartable> {
  const folder = await temporaryFolder();
  const [raw, qcow2] = [join(folder, 'image'), join(folder, 'image.qcow2')];
  await writeFile(raw, typeof content === 'number' ? '' : content);
  if (typeof content === 'number') await run('truncate', '-s', String(content), raw);
  if (kind === 'qemu-nbd qcow2') {
    await run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, qcow2);
    return Restartable.start((socket, pidfile) => [
      'qemu-nbd',
      '--persistent',
      '--shared=0',
      '--format=qcow2',
      '--cache=writeback',
      `--pid-file=${pidfile}`,
      `--socket=${socket}`,
      qcow2,
    ]);
  }
  const filter = kind === 'nbdkit file' ? [] : ['--filter=cache'];
  const parameters = kind === 'nbdkit file' ? [] : ['cache=writeback'];
  return Restartable.start((socket, pidfile) => nbdkitArgv(socket, pidfile, ...filter, 'file', raw, ...parameters));
}

export const nbdkitArgv = (socket: string, pidfile: string, ...args: string[]): string[] => [
  'nbdkit',
  '--foreground',
  '--pidfile',
  pidfile,
  '--unix',
  socket,
  ...args,
];
