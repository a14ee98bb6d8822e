// A child process: its standard output to be copied from, or its standard input to be copied to. The copy succeeds only if it does.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { NBDError } from '../../base/errors.js';
import type { SequentialDestination, SequentialSource } from '../../copy/ends.js';
import { earlyError } from './early_errors.js';
import { NodeReadableSource, NodeWritableDestination } from './node_streams.js';

const nameOf = (child: ChildProcess): string => child.spawnargs[0] ?? 'the process';

/** Resolves when it has ended well; rejects when it could not be started, failed or was killed. */
async function succeeded(child: ChildProcess): Promise<void> {
  const early = earlyError(child);
  if (early !== undefined) throw early;
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit'); // it rejects when it could not be started
  if (child.exitCode === 0) return;
  const how = child.signalCode === null ? `with exit code ${child.exitCode}` : `by ${child.signalCode}`;
  throw new NBDError(`${nameOf(child)} ended ${how}`, 'EIO');
}

/** Ends it, if it has not ended: the end of its input alone would look like the end of the data. */
async function kill(child: ChildProcess, succeeds: Promise<void>): Promise<void> {
  child.kill();
  await succeeds.catch(() => {}); // the copy has failed for another reason
}

export class ChildSource implements SequentialSource {
  readonly isRandom = false;
  readonly size = undefined;
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #output: NodeReadableSource;
  readonly #succeeds: Promise<void>;

  constructor(child: ChildProcess, output: Readable) {
    this.name = nameOf(child);
    this.#child = child;
    this.#output = new NodeReadableSource(output, this.name);
    this.#succeeds = succeeded(child);
    this.#succeeds.catch(() => {}); // who reads to the end sees it
  }

  async read(): Promise<Uint8Array | undefined> {
    const chunk = await this.#output.read();
    if (chunk === undefined) await this.#succeeds;
    return chunk;
  }

  async close(error?: unknown): Promise<void> {
    await this.#output.close(error);
    if (error !== undefined) await kill(this.#child, this.#succeeds);
  }
}

export class ChildDestination implements SequentialDestination {
  readonly isRandom = false;
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #input: NodeWritableDestination;
  readonly #succeeds: Promise<void>;

  constructor(child: ChildProcess, input: Writable) {
    this.name = nameOf(child);
    this.#child = child;
    this.#input = new NodeWritableDestination(input, `the standard input of ${this.name}`);
    this.#succeeds = succeeded(child);
    this.#succeeds.catch(() => {}); // whoever finishes sees it
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#unlessItFailed(this.#input.write(bytes));
  }

  async finish(): Promise<void> {
    await this.#unlessItFailed(this.#input.finish());
    await this.#succeeds;
  }

  async abandon(error: unknown): Promise<void> {
    const killed = kill(this.#child, this.#succeeds); // before its input ends
    await this.#input.abandon(error);
    await killed;
  }

  /** A child that ended closes its input: how it ended says more. */
  async #unlessItFailed(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (this.#child.pid === undefined || (error as { code?: unknown }).code === 'EPIPE') await this.#succeeds;
      throw error;
    }
  }
}
