// An engine in a worker: a file system that somebody has made to be read without end costs the worker, and nothing else.

import { abortable, onAbort } from '../../base/abort.js';
import { NBDError } from '../../base/errors.js';
import type { CompiledModule } from '../../base/platform_types.js';
import type { Contents, Engine, EngineDirectory, EngineFile, EngineFileSystem, Volume } from '../engine.js';
import type { FileStat, FileSystemInfo } from '../types.js';
import { received, sent } from './errors.js';
import type { Answer, CallName, Calls, EngineName, FromWorker, ToWorker } from './messages.js';

/** How long an engine may work without a word: neither an answer nor a wish for bytes. In milliseconds. */
const defaultPatience = 10_000;

/** A worker, as a platform makes it. */
export interface EngineWorker {
  post(message: ToWorker): void;
  /** What it sends; `lost` is called when it ends by itself, or cannot be loaded. */
  listen(message: (message: FromWorker) => void, lost: (error: Error) => void): void;
  terminate(): void;
  /** In Node: whether it keeps the process alive. */
  keepAlive(isWanted: boolean): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class RemoteEngine implements Engine {
  readonly name: string;
  readonly types: readonly string[];
  readonly #engine: EngineName;
  readonly #compiled: CompiledModule;
  readonly #spawn: () => EngineWorker;
  readonly #patience: number;

  constructor(
    { name, types, engine }: { name: string; types: readonly string[]; engine: EngineName },
    compiled: CompiledModule,
    spawn: () => EngineWorker,
    patience = defaultPatience,
  ) {
    this.#patience = patience;
    this.name = name;
    this.types = types;
    this.#engine = engine;
    this.#compiled = compiled;
    this.#spawn = spawn;
  }

  /** Each file system has a worker of its own, so that what one disk does to it is no other's loss. */
  async open(volume: Volume, type: string, signal: AbortSignal | undefined): Promise<EngineFileSystem> {
    const files = new RemoteFileSystem(type, () => this.#start(volume));
    try {
      await files.open(signal);
    } catch (error) {
      files.close();
      throw error;
    }
    return files;
  }

  #start(volume: Volume): Session {
    const session = new Session(this.name, volume, this.#spawn(), this.#patience);
    session.start(this.#engine, this.#compiled);
    return session;
  }
}

/** A worker from its start to its end. */
class Session {
  readonly #name: string;
  readonly #worker: EngineWorker;
  readonly #patience: number;
  readonly #volume: Volume;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  /** Bytes that it waits for. */
  #reads = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  isOver = false;

  constructor(name: string, volume: Volume, worker: EngineWorker, patience: number) {
    this.#name = name;
    this.#volume = volume;
    this.#worker = worker;
    this.#patience = patience;
    worker.listen(
      (message) => this.#receive(message),
      (error) => this.#end(new NBDError(`${name}: its worker has ended: ${error.message}`, 'EIO', { cause: error })),
    );
  }

  start(engine: EngineName, compiled: CompiledModule): void {
    this.#worker.post({ kind: 'start', engine, compiled });
  }

  async open(type: string): Promise<FileSystemInfo> {
    const { size, geometry } = this.#volume;
    const message = { kind: 'open', size, geometry: { ...geometry, size }, type } as const;
    return (await this.#ask((call) => ({ ...message, call }), undefined)) as FileSystemInfo;
  }

  async call<Name extends CallName>(name: Name, args: Calls[Name], signal: AbortSignal | undefined): Promise<Answer<Name>> {
    return (await this.#ask((call) => ({ kind: 'call', call, name, args }), signal)) as Answer<Name>;
  }

  close(): void {
    this.#end(new NBDError(`${this.#name}: the file system was closed`, 'EBADF'));
  }

  async #ask(message: (call: number) => ToWorker, signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    const call = this.#calls++;
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(call, { resolve, reject }));
    this.#worker.post(message(call));
    this.#watch();
    const dispose = signal && onAbort(signal, () => this.#worker.post({ kind: 'abort', call }));
    try {
      return await abortable(answer, signal);
    } finally {
      dispose?.();
    }
  }

  #receive(message: FromWorker): void {
    if (this.isOver) return;
    switch (message.kind) {
      case 'read':
        void this.#read(message);
        break;
      case 'opened':
        this.#settle(message.call)?.resolve(message.info);
        break;
      case 'answer':
        this.#settle(message.call)?.resolve(message.value);
        break;
      case 'failed':
        this.#settle(message.call)?.reject(received(message.error));
        break;
    }
    this.#watch();
  }

  async #read({ read, offset, length }: Extract<FromWorker, { kind: 'read' }>): Promise<void> {
    this.#reads++;
    const answer = await this.#volume.read(offset, length, undefined).then(
      (bytes): ToWorker =>
        bytes instanceof NBDError ? { kind: 'unread', read, error: sent(bytes) } : { kind: 'bytes', read, bytes },
      (error: unknown): ToWorker => ({ kind: 'unread', read, error: sent(error) }),
    );
    this.#reads--;
    if (this.isOver) return;
    this.#worker.post(answer);
    this.#watch();
  }

  #settle(call: number): Pending | undefined {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    return pending;
  }

  /** The clock runs while the engine has something to do, and starts anew with each word of it. */
  #watch(): void {
    clearTimeout(this.#timer);
    this.#worker.keepAlive(this.#pending.size > 0);
    if (this.#pending.size === 0 || this.#reads > 0) return;
    this.#timer = setTimeout(() => {
      const text = `${this.#name} has worked for ${this.#patience / 1000} s without a word: the disk leads it on and on. Its worker was ended`;
      this.#end(new NBDError(text, 'ETIMEDOUT'));
    }, this.#patience);
  }

  #end(error: NBDError): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.#timer);
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

/** A file system in a worker. Where the worker was ended, the next call opens it in a new one. */
class RemoteFileSystem implements EngineFileSystem {
  readonly #type: string;
  readonly #start: () => Session;
  #opened: { session: Session; info: Promise<FileSystemInfo> } | undefined;
  #info: FileSystemInfo | undefined;
  #isClosed = false;

  constructor(type: string, start: () => Session) {
    this.#type = type;
    this.#start = start;
  }

  get info(): FileSystemInfo {
    return this.#info ?? { type: this.#type, warnings: [] };
  }

  async open(signal: AbortSignal | undefined): Promise<Session> {
    if (this.#isClosed) throw new NBDError('the file system was closed: open it again', 'EBADF');
    if (this.#opened === undefined || this.#opened.session.isOver) {
      const session = this.#start();
      this.#opened = { session, info: session.open(this.#type) };
    }
    const opened = this.#opened;
    this.#info = await abortable(opened.info, signal).catch((error: unknown) => {
      if (!signal?.aborted) opened.session.close(); // the next call tries again
      throw error;
    });
    return opened.session;
  }

  close(): void {
    this.#isClosed = true;
    this.#opened?.session.close();
  }

  lookup(path: Uint8Array, followLinks: boolean, signal: AbortSignal | undefined): Promise<EngineFile> {
    return this.#call('lookup', [path, followLinks], signal);
  }
  readdir(directory: EngineFile, signal: AbortSignal | undefined): Promise<EngineDirectory> {
    return this.#call('readdir', [directory], signal);
  }
  stats(ids: readonly number[], signal: AbortSignal | undefined): Promise<ReadonlyMap<number, FileStat>> {
    return this.#call('stats', [ids], signal);
  }
  readlink(link: EngineFile, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return this.#call('readlink', [link], signal);
  }
  contents(file: EngineFile, from: bigint, wanted: number, signal: AbortSignal | undefined): Promise<Contents> {
    return this.#call('contents', [file, from, wanted], signal);
  }

  async #call<Name extends CallName>(name: Name, args: Calls[Name], signal: AbortSignal | undefined): Promise<Answer<Name>> {
    return (await this.open(signal)).call(name, args, signal);
  }
}
