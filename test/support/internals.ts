// What the package's declarations leave out (stripInternal), for the few tests that look inside: at what an instance of the
// library still holds, and at the module that it is made of.
import type { Library } from 'libnbd-wasm';

export interface Internals {
  readonly module: {
    readonly exports: Readonly<Record<string, (...args: (number | bigint)[]) => unknown>>;
    readonly broken: Error | undefined;
  };
  readonly closures: { readonly size: number };
  readonly descriptors: { readonly size: number };
  readonly connections: ReadonlyMap<unknown, unknown>;
}

export const internals = (lib: Library): Internals => (lib as unknown as { instance: Internals }).instance;

/** How much of everything an instance still holds. */
export function holdings(lib: Library): { closures: number; descriptors: number; connections: number } {
  const { closures, descriptors, connections } = internals(lib);
  return { closures: closures.size, descriptors: descriptors.size, connections: connections.size };
}

export const nothing = { closures: 0, descriptors: 0, connections: 0 };
