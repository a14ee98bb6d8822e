// How long a server that does not answer is waited for.
import { isUpstream } from '../called.js';
import { value } from '../command.js';
import { milliseconds } from '../usage.js';

const defaultSeconds = 30;

/** The option of every command that connects. */
export const patienceOptions = {
  timeout: value(
    'S',
    `seconds that a server has for each answer; without it ${defaultSeconds} while connecting, and no limit for data; 0 for none`,
  ),
} as const;

export interface Limits {
  /** Milliseconds for each step of connecting; undefined for no limit. */
  readonly connecting: number | undefined;
  /** Milliseconds for each answer after that. */
  readonly data: number | undefined;
}

/** Upstream's programs know no limits. */
export function limitsOf({ timeout }: { readonly timeout: string | undefined }): Limits {
  const given = milliseconds('timeout', timeout);
  if (given !== undefined) return { connecting: given || undefined, data: given || undefined };
  return { connecting: isUpstream ? undefined : defaultSeconds * 1000, data: undefined };
}

/** Aborts its signal when nothing was heard for too long. */
export class Patience {
  readonly #controller = new AbortController();
  readonly #server: string;
  #limit: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(server: string, limit: number | undefined) {
    this.#server = server;
    this.setLimit(limit);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on, in milliseconds. */
  setLimit(limit: number | undefined): void {
    clearTimeout(this.#timer);
    this.#limit = limit;
    this.#timer = limit === undefined ? undefined : setTimeout(() => this.#end(), limit);
  }

  /** The server has answered. */
  renew(): void {
    this.setLimit(this.#limit);
  }

  /** Waits for something that the server does, and renews the patience when it has done it. */
  async hear<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } finally {
      this.renew();
    }
  }

  /** Until the next `renew` nothing is wanted of the server: whoever reads the output may be slow. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** Waits for something in which the server has no part. */
  async aside<T>(work: Promise<T>): Promise<T> {
    this.pause();
    try {
      return await work;
    } finally {
      this.renew();
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #end(): void {
    const seconds = (this.#limit ?? 0) / 1000;
    const advice = 'Is it an NBD server? --timeout gives it more time';
    this.#controller.abort(new Error(`${this.#server} has not answered for ${seconds} s. ${advice}`));
  }
}
