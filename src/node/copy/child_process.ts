// A child process: its standard output to be copied from, or its standard input to be copied to. The copy succeeds only if it does.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { NBDError } from '../../base/errors.js';
import type { SequentialDestination, SequentialSource } from '../../copy/ends.js';
import { earlyError } from './early_errors.js';
import { NodeReadableSource, NodeWritableDestination } from './node_streams.js';

/** A process that a copy ends with. */
class Child {
  readonly name: string;
  /** Resolves when it has ended well; rejects when it could not be started, failed or was killed. */
  readonly succeeds: Promise<void>;
  readonly #process: ChildProcess;

  constructor(process: ChildProcess) {
    this.name = process.spawnargs[0] ?? 'the process';
    this.#process = process;
    this.succeeds = this.#end();
    this.succeeds.catch(() => {}); // who reads to the end, or finishes, sees it
  }

  get hasStarted(): boolean {
    return this.#process.pid !== undefined;
  }

  /** Ends it, if it has not ended: the end of its input alone would look like the end of the data. */
  async kill(): Promise<void> {
    this.#process.kill();
    await this.succeeds.catch(() => {}); // the copy has failed for another reason
  }

  async #end(): Promise<void> {
    const process = this.#process;
    const early = earlyError(process);
    if (early !== undefined) throw early;
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit'); // it rejects when it could not be started
    if (process.exitCode === 0) return;
    const how = process.signalCode === null ? `with exit code ${process.exitCode}` : `by ${process.signalCode}`;
    throw new NBDError(`${this.name} ended ${how}`, 'EIO');
  }
}

export class ChildSource implements SequentialSource {
  readonly isRandom = false;
  readonly size = undefined;
  readonly name: string;
  readonly #child: Child;
  readonly #output: NodeReadableSource;

  constructor(process: ChildProcess, output: Readable) {
    this.#child = new Child(process);
    this.name = this.#child.name;
    this.#output = new NodeReadableSource(output, this.name);
  }

  async read(): Promise<Uint8Array | undefined> {
    const chunk = await this.#output.read();
    if (chunk === undefined) await this.#child.succeeds;
    return chunk;
  }

  async close(error?: unknown): Promise<void> {
    await this.#output.close(error);
    if (error !== undefined) await this.#child.kill();
  }
}

export class ChildDestination implements SequentialDestination {
  readonly isRandom = false;
  readonly name: string;
  readonly #child: Child;
  readonly #input: NodeWritableDestination;

  constructor(process: ChildProcess, input: Writable) {
    this.#child = new Child(process);
    this.name = this.#child.name;
    this.#input = new NodeWritableDestination(input, `the standard input of ${this.name}`);
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#unlessItFailed(this.#input.write(bytes));
  }

  async finish(): Promise<void> {
    await this.#unlessItFailed(this.#input.finish());
    await this.#child.succeeds;
  }

  async abandon(error: unknown): Promise<void> {
    const killed = this.#child.kill(); // before its input ends
    await this.#input.abandon(error);
    await killed;
  }

  /** A child that ended closes its input: how it ended says more. */
  async #unlessItFailed(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!this.#child.hasStarted || (error as { code?: unknown }).code === 'EPIPE') await this.#child.succeeds;
      throw error;
    }
  }
}
