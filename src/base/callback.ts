// The arguments and results of libnbd's callbacks.

/**
 * The error that a callback can see and set: `code` is null while there is none. Set it (`'EIO'`) and return -1, or throw, to
 * make the command fail.
 */
export interface ErrorRef {
  code: string | null;
}

/** One extent of `blockStatus64` and `blockStatusFilter`: `length` in bytes, `flags` as the metadata context defines them. */
export interface Extent64 {
  length: bigint;
  flags: bigint;
}

/** The result of a callback: nothing counts as 0, -1 reports an error, and 1 from a completion callback retires the command. */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback without a return statement is the usual one
export type CallbackResult = number | void;

/** A callback of any of libnbd's types. */
export type Callback = (...args: never[]) => CallbackResult;
