// In the worker: an engine, and the volume that it reads, whose bytes are asked for on the other side.

import type { CompiledModule } from '../../base/platform_types.js';
import { BlockReader } from '../../disk/block_reader.js';
import type { Disk, Geometry } from '../../disk/disk.js';
import { SIZE_MAXIMUM, SIZE_MINIMUM, SIZE_PAYLOAD, SIZE_PREFERRED, type Size } from '../../generated/constants.js';
import type { Engine, EngineFileSystem } from '../engine.js';
import { Ext2 } from '../ext2.js';
import { Seven } from '../seven/engine.js';
import { DiskVolume } from '../volume.js';
import { received, sent } from './errors.js';
import type { EngineName, FromWorker, ToWorker } from './messages.js';

/** What a worker keeps of its volume, in bytes: as much as one call may read. With less, a call that reads all metadata would push out what it began with. */
const cache = { capacity: 2 ** 26 };

const engines: Readonly<Record<EngineName, (compiled: CompiledModule) => Engine>> = {
  ext2: (compiled) => new Ext2(compiled),
  '7z': (compiled) => new Seven(compiled),
};

interface Waiting {
  resolve(bytes: Uint8Array<ArrayBuffer>): void;
  reject(error: unknown): void;
}

export class EngineServer {
  readonly #send: (message: FromWorker) => void;
  readonly #calls = new Map<number, AbortController>();
  readonly #reads = new Map<number, Waiting>();
  #engine: Engine | undefined;
  #files: Promise<EngineFileSystem> | undefined;
  #read = 0;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'start':
        this.#engine = engines[message.engine](message.compiled);
        break;
      case 'open':
        void this.#serve(message.call, async (signal) => {
          this.#files = this.#open(message, signal);
          const { info } = await this.#files;
          this.#send({ kind: 'opened', call: message.call, info });
        });
        break;
      case 'call':
        void this.#serve(message.call, async (signal) => {
          const files = await this.#files;
          if (files === undefined) throw new Error('the worker has no file system');
          const work = files[message.name] as (...args: unknown[]) => Promise<unknown>;
          this.#send({ kind: 'answer', call: message.call, value: await work.call(files, ...message.args, signal) });
        });
        break;
      case 'abort':
        this.#calls.get(message.call)?.abort();
        break;
      case 'bytes':
        this.#take(message.read)?.resolve(message.bytes as Uint8Array<ArrayBuffer>);
        break;
      case 'unread':
        this.#take(message.read)?.reject(received(message.error));
        break;
    }
  }

  async #serve(call: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    this.#calls.set(call, controller);
    try {
      await work(controller.signal);
    } catch (error) {
      this.#send({ kind: 'failed', call, error: sent(error) });
    } finally {
      this.#calls.delete(call);
    }
  }

  async #open({ size, geometry, type }: Extract<ToWorker, { kind: 'open' }>, signal: AbortSignal): Promise<EngineFileSystem> {
    if (this.#engine === undefined) throw new Error('the worker has no engine');
    const disk = new RemoteDisk(geometry, (offset, length) => this.#ask(offset, length));
    const reader = await BlockReader.over('fileSystem', disk as Pick<Disk, keyof RemoteDisk> as Disk, cache, 2 ** 15);
    return this.#engine.open(new DiskVolume(reader, { start: 0n, end: size }), type, signal);
  }

  #ask(offset: bigint, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const read = this.#read++;
    return new Promise((resolve, reject) => {
      this.#reads.set(read, { resolve, reject });
      this.#send({ kind: 'read', read, offset, length });
    });
  }

  #take(read: number): Waiting | undefined {
    const waiting = this.#reads.get(read);
    this.#reads.delete(read);
    return waiting;
  }
}

/** As much of a disk as a BlockReader needs. */
class RemoteDisk implements Pick<Disk, 'pread' | 'getSize' | 'getBlockSize'> {
  readonly #geometry: Geometry;
  readonly #ask: (offset: bigint, length: number) => Promise<Uint8Array<ArrayBuffer>>;

  constructor(geometry: Geometry, ask: (offset: bigint, length: number) => Promise<Uint8Array<ArrayBuffer>>) {
    this.#geometry = geometry;
    this.#ask = ask;
  }

  pread(count: number, offset: number | bigint): Promise<Uint8Array<ArrayBuffer>> {
    return this.#ask(BigInt(offset), count);
  }

  getSize(): bigint {
    return this.#geometry.size;
  }

  getBlockSize(type: Size): bigint {
    const { minimum, preferred, maximum, payload } = this.#geometry;
    const sizes = new Map<Size, bigint>([
      [SIZE_MINIMUM, minimum],
      [SIZE_PREFERRED, preferred],
      [SIZE_MAXIMUM, maximum],
      [SIZE_PAYLOAD, payload],
    ]);
    return sizes.get(type) ?? 0n;
  }
}
