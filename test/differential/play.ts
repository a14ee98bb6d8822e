// Plays a script on our binding, and notes what each call gave, in the form that driver.py does.
import type { ErrorRef, NBD, SocketLike } from 'libnbd-wasm';
import { NBDError } from 'libnbd-wasm';
import { retired } from '../support/aio.js';
import type { Argument, CallbackSpec, Outcome, Step } from './script.js';

type Untyped = Record<string, (...args: unknown[]) => unknown>;

export class Player {
  readonly #nbd: NBD;
  readonly #connect: () => SocketLike;
  readonly #buffers = new Map<string, Uint8Array>();
  #events: unknown[][] = [];
  #cookies: bigint[] = [];

  constructor(nbd: NBD, connect: () => SocketLike) {
    this.#nbd = nbd;
    this.#connect = connect;
  }

  async play(step: Step): Promise<Outcome> {
    this.#events = [];
    try {
      const result = describe(await this.#call(step));
      return { result, events: this.#events };
    } catch (error) {
      if (!(error instanceof NBDError)) throw error;
      return { error: textOf(error), code: error.code, events: this.#events };
    }
  }

  async #call({ call, args = [], flags, completion, answered }: Step): Promise<unknown> {
    const nbd = this.#nbd;
    if (call === 'retire') return retired(nbd, BigInt(args[0] as number));
    if (call === 'retire_all') {
      const endings: unknown[] = [];
      for (const cookie of this.#cookies.splice(0)) endings.push(await this.#ending(cookie));
      return endings;
    }
    if (call === 'strict_without') return nbd.setStrictMode(nbd.getStrictMode() & ~(args[0] as number));
    if (call === 'buffer') return this.#buffers.get(args[0] as string);
    const values = args.map((arg) => this.#argument(arg));
    if (flags !== undefined || completion !== undefined) {
      values.push({ flags, completion: completion && this.#callback(completion) });
    }
    const name = call.replace(/_([a-z0-9])/g, (_, first: string) => first.toUpperCase());
    const method = (nbd as unknown as Untyped)[name];
    if (method === undefined) throw new Error(`there is no method ${name}`);
    const result = method.apply(nbd, values);
    if (completion !== undefined && typeof result === 'bigint') this.#cookies.push(result);
    while (answered && nbd.aioIsConnecting()) await nbd.poll(-1);
    return result;
  }

  async #ending(cookie: bigint): Promise<unknown> {
    try {
      return await retired(this.#nbd, cookie);
    } catch (error) {
      if (!(error instanceof NBDError)) throw error;
      return [textOf(error), error.code];
    }
  }

  #argument(arg: Argument): unknown {
    if (typeof arg !== 'object' || Array.isArray(arg)) return arg;
    if ('int' in arg) return BigInt(arg.int);
    if ('hex' in arg) return new Uint8Array(Buffer.from(arg.hex, 'hex'));
    if ('socket' in arg) return this.#connect();
    if ('buffer' in arg) {
      const known = this.#buffers.get(arg.buffer) ?? new Uint8Array(arg.size).fill(arg.filled);
      this.#buffers.set(arg.buffer, known);
      return known;
    }
    return this.#callback(arg);
  }

  #callback({ callback, returns = 0, error }: CallbackSpec): (...args: unknown[]) => number {
    return (...args) => {
      this.#events.push([callback, ...args.map((arg) => (isErrorRef(arg) ? arg.code : describe(arg)))]);
      const last = args.at(-1);
      if (error !== undefined && isErrorRef(last)) last.code = error;
      return returns;
    };
  }
}

/** libnbd's text, without the range that ours names as well. */
function textOf({ message }: NBDError): string {
  return message.replace(/ \(\d+ bytes at offset -?\d+\)$/, '');
}

function isErrorRef(value: unknown): value is ErrorRef {
  return typeof value === 'object' && value !== null && 'code' in value;
}

/** Whole numbers are text, bytes are hexadecimal, nothing is null. */
function describe(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(describe);
  return value;
}
