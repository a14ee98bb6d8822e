// Miss and replay: how C code that reads synchronously reads a disk that answers later, with no Asyncify, no threads and no patch.
//
// 1. A call begins with the module's memory and stack as they were right after initialization.
// 2. `diskRead`, which the module imports, looks for the bytes: among what was fetched for this call, then in the cache of blocks.
// 3. A read whose bytes are missing is noted. The round is then of no use: an exception unwinds it, at once, or after some more misses
//    where the code goes on without the bytes and so tells what it will want next.
// 4. The missing bytes are fetched, side by side and what lies together in one, and the call is made again. A round without a miss has the
//    result.
//
// Where C code reads much when it opens a disk, `open` keeps the memory that the call has left, and each later call begins with that.
//
// What a hostile disk did to the memory is gone after each round, and nothing has to be freed. Memory that grew goes back too: the next
// round has a new instance. A round is synchronous, so several calls can take turns on one instance.

import { abortable } from '../base/abort.js';
import { errnoOf, NBDError } from '../base/errors.js';
import type { CompiledModule, ModuleImports } from '../base/platform_types.js';
import { Memory, type ModuleMemory } from './memory.js';

/** What every module exports that is called so. */
export interface ReplayExports {
  readonly memory: ModuleMemory;
  readonly __stack_pointer: { value: number };
}

/** Where the bytes come from. */
export interface ReplaySource {
  /** Fills the view where all of its bytes are at hand; false where they have to be read. */
  peek(view: Uint8Array, offset: bigint): boolean;
  /**
   * Reads bytes. Resolves with an error where the disk says that they cannot be read, and rejects where it can be asked no more. How often
   * the call was made before says how much may be read beyond them.
   */
  read(offset: bigint, length: number, signal: AbortSignal | undefined, round?: number): Promise<Uint8Array | NBDError>;
}

/** Bounds of a call, beyond which it rejects with a {@link ReplayError}. */
export interface ReplayLimits {
  /** How often it is made again. */
  readonly rounds: number;
  /** Reads that a round makes. */
  readonly reads: number;
  /** Bytes that are fetched for it, which it keeps until it ends. */
  readonly bytes: number;
  /** Misses that a round may have; 1 where the code does not go on without the bytes. */
  readonly misses: number;
}

/** A range that the disk could not read. */
export interface Unreadable {
  readonly offset: bigint;
  readonly length: number;
  readonly error: NBDError;
}

/** The code failed on what the disk has, or went beyond a bound; the next call can be made all the same. */
export class ReplayError extends NBDError {}

export interface ReplayResult<T> {
  readonly value: T;
  /** What the code wanted and did not get, in the order in which it asked. */
  readonly unreadable: readonly Unreadable[];
}

/** What a call has opened: later calls begin with the memory that it has left, whatever one of them did to it. */
export interface Opened<Exports extends ReplayExports> {
  /** As {@link Replay.call}, with the source of the opening. */
  call<T>(work: (exports: Exports, memory: Memory) => T, signal?: AbortSignal): Promise<ReplayResult<T>>;
}

export class Replay<Exports extends ReplayExports> {
  readonly #name: string;
  readonly #compiled: CompiledModule;
  readonly #imports: (memory: Memory) => ModuleImports;
  readonly #limits: ReplayLimits;
  #instance: Promise<Instance<Exports>> | undefined;
  /** The call whose round is running. */
  #call: Call | undefined;

  /** `imports` are the module's, beside `replay.diskRead`, `replay.isMissing` and the notice of growth. */
  constructor(name: string, compiled: CompiledModule, imports: (memory: Memory) => ModuleImports, limits: ReplayLimits) {
    this.#name = name;
    this.#compiled = compiled;
    this.#imports = imports;
    this.#limits = limits;
  }

  /** Does `work` with the exports, again and again until it has all that it reads. It must begin with nothing each time. */
  async call<T>(
    source: ReplaySource,
    work: (exports: Exports, memory: Memory) => T,
    signal?: AbortSignal,
  ): Promise<ReplayResult<T>> {
    return (await this.#rounds(source, undefined, work, signal)).result;
  }

  /** As {@link Replay.call | call}; the calls of what it resolves with begin with the memory that it has left. */
  async open<T>(
    source: ReplaySource,
    work: (exports: Exports, memory: Memory) => T,
    signal?: AbortSignal,
  ): Promise<ReplayResult<T> & { readonly opened: Opened<Exports> }> {
    const keep = (instance: Instance<Exports>) => {
      this.#instance = undefined; // it is nobody else's any more
      instance.keep();
    };
    const { result, instance } = await this.#rounds(source, undefined, work, signal, keep);
    const call: Opened<Exports>['call'] = async (more, aborted) => (await this.#rounds(source, instance, more, aborted)).result;
    return { ...result, opened: { call } };
  }

  /** On the instance that was kept, or on the one that calls share. `done` is called before anybody else can use it. */
  async #rounds<T>(
    source: ReplaySource,
    kept: Instance<Exports> | undefined,
    work: (exports: Exports, memory: Memory) => T,
    signal: AbortSignal | undefined,
    done: (instance: Instance<Exports>) => void = () => {},
  ): Promise<{ result: ReplayResult<T>; instance: Instance<Exports> }> {
    const call = new Call(this.#name, source, this.#limits);
    for (let round = 0; round < this.#limits.rounds; round++) {
      signal?.throwIfAborted();
      let instance = kept ?? (await this.#ready());
      while (kept === undefined && instance.isKept) instance = await this.#ready(); // another call was sooner
      const outcome = this.#round(instance, call, work);
      if (outcome !== undefined) {
        done(instance);
        return { result: { value: outcome.value, unreadable: call.unreadable }, instance };
      }
      await call.fetch(signal, round);
    }
    throw new ReplayError(`${this.#name} wanted more than ${this.#limits.rounds} rounds: the disk leads it on and on`, 'ELOOP');
  }

  /** An instance; a new one where there is none, or the last one's memory has grown. */
  #ready(): Promise<Instance<Exports>> {
    this.#instance ??= Instance.make<Exports>(this.#compiled, (memory) => this.#allImports(memory)).catch((error: unknown) => {
      this.#instance = undefined; // the next call tries again
      throw error;
    });
    return this.#instance;
  }

  /** The result of a round, or undefined where bytes were missing. */
  #round<T>(instance: Instance<Exports>, call: Call, work: (exports: Exports, memory: Memory) => T): { value: T } | undefined {
    instance.putBack();
    call.begin();
    this.#call = call;
    try {
      const value = work(instance.exports, instance.memory);
      return call.isMissing ? undefined : { value };
    } catch (error) {
      if (call.isMissing) return undefined; // whatever it did without the bytes
      if (isTrap(error)) throw trapped(this.#name, error, call.unreadable);
      throw error;
    } finally {
      this.#call = undefined;
      // One that was kept stays its owner's, and so does the memory that it has grown by.
      if (!instance.isKept && instance.hasGrown) this.#instance = undefined;
    }
  }

  #allImports(memory: Memory): ModuleImports {
    const diskRead = (address: number, length: number, offset: bigint): number => {
      if (this.#call === undefined) throw new Error(`${this.#name} read the disk outside a call`);
      return this.#call.diskRead(memory.bytes.subarray(address, address + length), offset);
    };
    const isMissing = (): number => (this.#call?.isMissing ? 1 : 0);
    return { replay: { diskRead, isMissing }, env: { emscripten_notify_memory_growth: () => {} }, ...this.#imports(memory) };
  }
}

/** Whether the code itself has failed, or has used up its stack: a RangeError in V8, an InternalError in Firefox. */
const isTrap = (error: unknown): error is Error =>
  error instanceof WebAssembly.RuntimeError ||
  error instanceof RangeError ||
  (error instanceof Error && error.name === 'InternalError');

function trapped(name: string, cause: Error, [first]: readonly Unreadable[]): ReplayError {
  if (first === undefined)
    return new ReplayError(`${name} failed inside on what the disk has (${cause.message})`, 'EUCLEAN', { cause });
  const where = `${first.length} bytes at offset ${first.offset} could not be read`;
  return new ReplayError(`${name}: ${where}: ${first.error.message}`, 'EIO', { cause: first.error });
}

/** Thrown through the module's frames to end a round. */
const miss = new Error('bytes are missing');

/** What one call has been given, and what it still wants. */
class Call {
  readonly #name: string;
  readonly #source: ReplaySource;
  readonly #limits: ReplayLimits;
  /** By offset and length: a call asks for the same each time that it is made again. */
  readonly #fetched = new Map<string, Uint8Array | NBDError>();
  readonly #missing = new Map<string, Missing>();
  readonly #unreadable = new Map<string, Unreadable>();
  #reads = 0;
  #held = 0;

  constructor(name: string, source: ReplaySource, limits: ReplayLimits) {
    this.#name = name;
    this.#source = source;
    this.#limits = limits;
  }

  get isMissing(): boolean {
    return this.#missing.size > 0;
  }

  get unreadable(): readonly Unreadable[] {
    return [...this.#unreadable.values()];
  }

  begin(): void {
    this.#reads = 0;
    this.#unreadable.clear();
  }

  /** Fills the view, whose memory is the module's. The result is 0, or an error's number, negated. */
  diskRead(view: Uint8Array, offset: bigint): number {
    if (++this.#reads > this.#limits.reads) {
      if (this.isMissing) throw miss;
      throw new ReplayError(`${this.#name} made more than ${this.#limits.reads} reads: the disk leads it on and on`, 'ELOOP');
    }
    const key = keyOf(offset, view.length);
    const known = this.#fetched.get(key);
    if (known instanceof NBDError) {
      this.#unreadable.set(key, { offset, length: view.length, error: known });
      return -errnoOf('EIO');
    }
    if (known !== undefined) view.set(known);
    else if (!this.#source.peek(view, offset)) return this.#note(key, offset, view.length);
    return 0;
  }

  #note(key: string, offset: bigint, length: number): number {
    if (!this.#missing.has(key)) {
      if (this.#held + length > this.#limits.bytes) {
        if (this.isMissing) throw miss;
        const range = `${length} bytes at offset ${offset}`;
        throw new ReplayError(`${this.#name} wanted more than ${this.#limits.bytes} bytes, the last ${range}`, 'EFBIG');
      }
      this.#held += length;
      this.#missing.set(key, { offset, length });
    }
    if (this.#missing.size >= this.#limits.misses) throw miss;
    return -errnoOf('EIO');
  }

  /** Fetches all that was missing. */
  async fetch(signal: AbortSignal | undefined, round: number): Promise<void> {
    const reads = joined([...this.#missing.values()]).map(async (run) => {
      const bytes = await this.#source.read(run.offset, run.length, signal, round);
      if (!(bytes instanceof NBDError)) {
        for (const one of run.ranges) this.#keep(one, bytes.subarray(Number(one.offset - run.offset)).subarray(0, one.length));
      } else if (run.ranges.length === 1) {
        for (const one of run.ranges) this.#keep(one, bytes);
      } else {
        const all = run.ranges.map(async (one) => this.#keep(one, await this.#source.read(one.offset, one.length, signal)));
        await Promise.all(all); // to find out which of them it is
      }
    });
    await abortable(Promise.all(reads), signal);
    this.#missing.clear();
  }

  #keep(range: Missing, bytes: Uint8Array | NBDError): void {
    this.#fetched.set(keyOf(range.offset, range.length), bytes);
  }
}

/** A range that was missing. */
interface Missing {
  readonly offset: bigint;
  readonly length: number;
}

const keyOf = (offset: bigint, length: number): string => `${offset}+${length}`;

/** What follows one another is read in one, up to so many bytes. */
const longestRun = 2 ** 22;

/** Ranges that are read in one. */
interface Run {
  readonly offset: bigint;
  length: number;
  readonly ranges: Missing[];
}

function joined(ranges: readonly Missing[]): Run[] {
  const runs: Run[] = [];
  const sorted = ranges.toSorted((a, b) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : a.length - b.length));
  for (const range of sorted) {
    const last = runs.at(-1);
    const isNext = last !== undefined && last.offset + BigInt(last.length) === range.offset;
    if (isNext && last.length + range.length <= longestRun) {
      last.length += range.length;
      last.ranges.push(range);
    } else {
      runs.push({ offset: range.offset, length: range.length, ranges: [range] });
    }
  }
  return runs;
}

/** An instance, and how it was right after initialization, or after the call that opened what it is kept for. */
class Instance<Exports extends ReplayExports> {
  readonly exports: Exports;
  readonly memory: Memory;
  isKept = false;
  readonly #size: number;
  readonly #stackPointer: number;
  /** The memory up to its last byte that is not zero, or a few beyond. */
  #image: Uint8Array;

  private constructor(exports: Exports, memory: Memory) {
    this.exports = exports;
    this.memory = memory;
    this.#size = memory.size;
    this.#stackPointer = exports.__stack_pointer.value;
    this.#image = imageOf(memory);
  }

  static async make<Exports extends ReplayExports>(
    compiled: CompiledModule,
    imports: (memory: Memory) => ModuleImports,
  ): Promise<Instance<Exports>> {
    const memory = new Memory();
    const { exports } = await WebAssembly.instantiate(compiled, imports(memory));
    memory.attach(exports.memory as ModuleMemory);
    (exports._initialize as () => void)();
    return new Instance(exports as unknown as Exports, memory);
  }

  get hasGrown(): boolean {
    return this.memory.size > this.#size;
  }

  /** From now on it begins with the memory as it is. Nothing is on the stack between calls. */
  keep(): void {
    this.isKept = true;
    this.#image = imageOf(this.memory);
  }

  putBack(): void {
    const { bytes } = this.memory;
    bytes.set(this.#image);
    bytes.fill(0, this.#image.length);
    this.exports.__stack_pointer.value = this.#stackPointer;
  }
}

function imageOf({ bytes }: Memory): Uint8Array {
  const words = new Int32Array(bytes.buffer); // there can be 128 MiB
  let last = words.length - 1;
  while (last >= 0 && words[last] === 0) last--;
  return bytes.slice(0, (last + 1) * Int32Array.BYTES_PER_ELEMENT);
}
