// What copy, compare and checksum are given: NBD servers, commands that serve NBD, files, devices, standard input and output. Each is
// opened for the library, and all are closed again, whatever happens.
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { getSystemErrorMap } from 'node:util';
import { sizeOfBlockDevice } from '../../node/copy/block_device.js';
import type { CopyDestination, CopySource, LastingDisk } from '../../node.js';
import { NBDError, openDisk } from '../../node.js';
import { DiskServer } from '../../serve/disk_server.js';
import { isUpstream } from '../called.js';
import type { Operand } from '../command.js';
import { shownOperand } from '../servers/connect.js';
import type { Limits } from '../servers/patience.js';
import { isUri } from '../servers/uris.js';
import { NullDisk } from './null_disk.js';

/** What upstream's program calls the kinds of ends. */
export type Kind = 'nbd' | 'file' | 'pipe' | 'null';

export interface End<What> {
  readonly what: What;
  readonly kind: Kind;
  /** As the user wrote it, without a password. */
  readonly name: string;
  /** In bytes; undefined where it shows at the end, or where it grows. */
  readonly size: bigint | undefined;
  /** How many connections it has; 1 for what is no server. */
  readonly connections: number;
}

export interface EndOptions {
  /** Metadata contexts to ask a source for. */
  readonly contexts: readonly string[];
  readonly connections: number | undefined;
  readonly limits: Limits;
  /** Whether libnbd tells all that it does. */
  readonly isVerbose: boolean;
  /** Whether a new file has its name from the beginning. */
  readonly isInPlace: boolean;
  /** Called with what happens to connections. */
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Milliseconds that a command in brackets has to end. */
const patience = 2_000;
/** One that was written to may have much to put in order. */
const patienceForWritten = isUpstream ? Number.POSITIVE_INFINITY : 60_000;
/** Milliseconds after a failed connection in which a command that has ended is seen to have done so. */
const timeToNotice = 500;

export class Ends {
  readonly #options: EndOptions;
  readonly #closers: (() => Promise<unknown>)[] = [];
  /** Whether the destination has all that it was to get: from then on it must not be hurried. */
  isWritten = false;

  constructor(options: EndOptions) {
    this.#options = options;
  }

  async source(operand: Operand, label = 'src'): Promise<End<CopySource>> {
    const name = nameOf(operand);
    if (typeof operand !== 'string' || isUri(operand)) return this.#disk(operand, label, this.#options.contexts);
    const path = operand === '-' ? await regularStandard(0) : operand;
    if (path === undefined) return { what: process.stdin, kind: 'pipe', name, size: undefined, connections: 1 };
    const stats = await statsOf(path, name);
    return { what: path, kind: kindOf(stats), name, size: await sizeOf(path, stats), connections: 1 };
  }

  async destination(operand: Operand): Promise<End<CopyDestination>> {
    const name = nameOf(operand);
    if (operand === 'null:') {
      const what = new NullDisk();
      return { what, kind: 'null', name, size: what.getSize(), connections: 1 };
    }
    if (typeof operand !== 'string' || isUri(operand)) return this.#writable(operand);
    const path = operand === '-' ? await regularStandard(1) : operand;
    if (path === undefined) {
      if (process.stdout.isTTY) throw new Error('refusing to write to tty: name a file, or let a program read the output');
      return { what: process.stdout, kind: 'pipe', name, size: undefined, connections: 1 };
    }
    const there = await statsOf(path, name).catch((error: Error) => {
      if ((error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
      throw error;
    });
    const kind = there === undefined ? 'file' : kindOf(there);
    const isFile = there?.isFile() ?? true;
    const size = isFile || there === undefined ? undefined : await sizeOf(path, there);
    return { what: isFile && this.#options.isInPlace ? await this.#file(path) : path, kind, name, size, connections: 1 };
  }

  /** Closes all that was opened, the last first. Whatever fails, the others are closed; the first failure is thrown. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  async #writable(operand: Operand): Promise<End<LastingDisk>> {
    const end = await this.#disk(operand, 'dst', []);
    if (end.what.isReadOnly()) throw new Error(`${end.name}: the destination is read-only, cannot write to it`);
    return end;
  }

  /** What is there already, or a new file under its own name. */
  async #file(path: string): Promise<FileHandle> {
    const { O_RDWR, O_CREAT, O_EXCL } = constants;
    const handle = await open(path, O_RDWR)
      .catch(() => open(path, O_RDWR | O_CREAT | O_EXCL, 0o644))
      .catch((error: NodeJS.ErrnoException) => {
        throw named(path, error);
      });
    this.#closers.push(() => handle.close());
    return handle;
  }

  async #disk(operand: Operand, label: string, contexts: readonly string[]): Promise<End<LastingDisk>> {
    const name = nameOf(operand);
    const { isVerbose, limits, signal, tell } = this.#options;
    const server = typeof operand === 'string' ? undefined : this.#server(operand, label === 'dst');
    const { connecting = Number.POSITIVE_INFINITY, data = Number.POSITIVE_INFINITY } = limits;
    let made = 0;
    const what = await openDisk(server?.uri ?? String(operand), {
      contexts,
      // A command may end with its first client, as qemu-nbd does, and is not there again when a connection was lost.
      connections: server === undefined ? this.#options.connections : 1,
      ...(isUpstream || server !== undefined ? { retry: false } : {}),
      ...(isUpstream ? { keepalive: Number.POSITIVE_INFINITY } : {}),
      connectTimeout: connecting,
      timeout: data,
      signal,
      prepare: (nbd) => {
        nbd.setUriAllowLocalFile(true); // whoever gives the command line may name files in it
        if (!isVerbose) return;
        nbd.setDebug(true);
        nbd.setHandleName(`${label}${made++}`);
      },
    }).catch(async (error: unknown) => {
      signal.throwIfAborted();
      const how = server && (await Promise.race([server.ended, delay(timeToNotice, undefined)]));
      throw how === undefined
        ? unconnected(name, error, limits)
        : new Error(`${name}: the command has ended (${how}): it serves nothing`);
    });
    this.#closers.push(() => what.shutdown());
    tellEvents(what, (text) => tell(`${name}: ${text}`));
    return { what, kind: 'nbd', name, size: what.getSize(), connections: Math.max(1, what.connections) };
  }

  #server(command: readonly string[], isDestination: boolean): DiskServer {
    const server = new DiskServer([...command]);
    this.#closers.push(() => server.stop(isDestination && this.isWritten ? patienceForWritten : patience));
    return server;
  }
}

/** What happens to the connections; that there is one again only to whom it was said that one was lost. */
function tellEvents(disk: LastingDisk, tell: (text: string) => void): void {
  let isLost = false;
  disk.addEventListener('reconnecting', ({ cause }) => {
    isLost = true;
    tell(`a connection was lost, and is opened again (${messageOf(cause)})`);
  });
  disk.addEventListener('connected', () => {
    if (isLost) tell('connected again');
    isLost = false;
  });
}

/** Upstream's program calls a command by its program. */
const nameOf = (operand: Operand): string =>
  isUpstream && typeof operand !== 'string' ? (operand[0] ?? '') : shownOperand(operand);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function unconnected(name: string, error: unknown, { connecting = 0 }: Limits): Error {
  if (error instanceof NBDError && error.code === 'ETIMEDOUT' && error.message.startsWith('openDisk:')) {
    const advice = 'Is it an NBD server? --timeout gives it more time';
    return new Error(`${name} has not answered for ${connecting / 1000} s. ${advice}`, { cause: error });
  }
  return new Error(`${name}: ${messageOf(error)}`, { cause: error });
}

/** Upstream's program takes a file that the shell has opened as if it were named, from its beginning: with its size and its holes. */
async function regularStandard(fd: 0 | 1): Promise<string | undefined> {
  const path = `/dev/fd/${fd}`;
  if (!isUpstream) return undefined; // a stream is read from where it is, and written to where it ends
  const stats = await stat(path).catch(() => undefined); // elsewhere than on Linux
  return stats?.isFile() ? path : undefined;
}

async function statsOf(path: string, name: string): Promise<BigIntStats> {
  const stats = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    throw named(name, error);
  });
  if (stats.isDirectory()) throw new Error(`${name}: Is a directory: name a file, a device or an NBD URI`);
  return stats;
}

const kindOf = (stats: BigIntStats): Kind => (stats.isFile() || stats.isBlockDevice() ? 'file' : 'pipe');

async function sizeOf(path: string, stats: BigIntStats): Promise<bigint | undefined> {
  if (stats.isFile()) return stats.size;
  return stats.isBlockDevice() ? sizeOfBlockDevice(path, stats) : undefined;
}

/** `NAME: No such file or directory`, as programs in C say it. */
export function named(name: string, cause: NodeJS.ErrnoException): Error {
  const [, text = cause.message] = getSystemErrorMap().get(cause.errno ?? 0) ?? [];
  return new Error(`${name}: ${text.charAt(0).toUpperCase()}${text.slice(1)}`, { cause });
}
