// What a script is: calls of libnbd's by their C names, played on one handle, here (play.ts) and by Debian's Python binding
// (driver.py). It is JSON, and so is what each call gave.

/** A callback that notes what it is given under a name, and answers what is said here. */
export interface CallbackSpec {
  callback: string;
  /** What it returns: 0 unless told otherwise. */
  returns?: number;
  /** The error that it reports, `'EIO'`. */
  error?: string;
}

export type Argument =
  | string
  | number
  | boolean
  | string[]
  | { int: string } /** a number that JSON's does not hold exactly */
  | { hex: string } /** bytes */
  | { socket: true } /** a new connection to the script's server */
  | { buffer: string; size: number; filled: number } /** a buffer that later steps may look at, by its name */
  | CallbackSpec;

export interface Step {
  /**
   * `'set_export_name'`; or one of these: `'retire'` (wait for a cookie), `'retire_all'` (for that of every command with a
   * completion), `'buffer'` (what is in it), `'strict_without'` (strict mode as it is, but for some bits).
   */
  call: string;
  args?: Argument[];
  flags?: number;
  completion?: CallbackSpec;
  /**
   * Goes on to wait until the server has answered an option. Whether it has when the call returns depends on who is quicker, so
   * that callbacks are noted with the call that they are of.
   */
  answered?: true;
}

/** What a call gave: a result or an error, and what its callbacks were given. */
export interface Outcome {
  result?: unknown;
  /** The text of the error, and its code; null for one that has none. */
  error?: string;
  code?: string | null;
  events: unknown[][];
}

export interface Script {
  name: string;
  /** nbdkit's command line; each side gets a server of its own. None, for what needs no connection. */
  server?: string[];
  steps: Step[];
}

// A short way to write steps.

export const call = (name: string, ...args: Argument[]): Step => ({ call: name, args });
export const withFlags = (flags: number, step: Step): Step => ({ ...step, flags });
export const withCompletion = (completion: CallbackSpec, step: Step): Step => ({ ...step, completion });
export const answered = (step: Step): Step => ({ ...step, answered: true });
export const connect = call('connect_socket', { socket: true });
export const retire = (cookie: number): Step => call('retire', cookie);
export const note = (callback: string, answer: Omit<CallbackSpec, 'callback'> = {}): CallbackSpec => ({ callback, ...answer });
export const buffer = (name: string, size: number, filled = 0): Argument => ({ buffer: name, size, filled });
export const int = (value: bigint): Argument => ({ int: String(value) });
export const bytes = (...values: number[]): Argument => ({ hex: Buffer.from(values).toString('hex') });
