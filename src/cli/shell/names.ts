// The names at hand in the shell. Its calls that wait end with Ctrl-C, as they do where a call blocks: each that is given no signal
// gets the one of the line that is being evaluated.
import * as library from '../../node.js';

/** The signal of the line that is evaluated; a script's never fires. */
export const line = { interruption: new AbortController() };

/** Calls of a handle that take a signal among their options, the first argument that can be left out. */
const waitingCall = /^(connect|opt|pread|pwrite|shutdown|flush|trim|cache|zero|blockStatus|extents|readFully|readable|writable)/;

/** Those of the library, and how many arguments stand before their options. */
const waitingFunctions = { openDisk: 1, copy: 2, compare: 2, checksum: 1, probe: 1, partitions: 1 } as const;

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** Makes the names global; what is returned is where they are. */
export function defineNames(): Record<string, unknown> {
  const names = globalThis as Record<string, unknown>;
  for (let prototype = library.NBD.prototype; prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype)) {
    makeInterruptible(prototype);
  }
  const nbd: Record<string, unknown> = { ...library };
  for (const [name, at] of Object.entries(waitingFunctions)) nbd[name] = interruptible(name, nbd[name] as AnyFunction, at);
  Object.assign(names, nbd, { nbd });
  return names;
}

function makeInterruptible(prototype: object): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const { value }: { value?: unknown } = property;
    if (typeof value !== 'function' || !waitingCall.test(name)) continue;
    Object.defineProperty(prototype, name, { ...property, value: interruptible(name, value as AnyFunction, value.length) });
  }
}

function interruptible(name: string, call: AnyFunction, at: number): AnyFunction {
  const withSignal: AnyFunction = function (...args) {
    const options = args[at] ?? {};
    while (args.length < at) args.push(undefined);
    // What is no object of options is left to the call, which says so.
    if (typeof options === 'object') args[at] = { signal: line.interruption.signal, ...options };
    return call.apply(this, args);
  };
  return Object.defineProperty(withSignal, 'name', { value: name });
}
