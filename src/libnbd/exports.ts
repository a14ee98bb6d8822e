// The functions of libnbd.wasm.
import type { LibnbdExports } from '../generated/exports.js';
import type { Pointer } from '../wasm/memory.js';
import type { ModuleExports } from '../wasm/module.js';

/** Those that are not libnbd's own calls. */
interface SupportExports extends ModuleExports {
  nbd_create(): Pointer;
  nbd_close(handle: Pointer): void;
  nbd_get_error(): Pointer;
  nbd_wasm_get_errno(): number;
  /** Lets libnbd read what has arrived. Returns the directions in which it waits: wasm/pump.c. */
  nbd_wasm_pump(handle: Pointer): number;
  nbd_wasm_strerror(errno: number): Pointer;
}

/** The functions that make a closure of a key, named after the closure's type: wasm/closures.c. */
type ClosureExports = Record<`nbd_wasm_${ClosureType}`, (key: number) => Pointer>;
export type ClosureType = 'chunk' | 'completion' | 'context' | 'debug' | 'extent' | 'extent64' | 'list';

export type Exports = SupportExports & ClosureExports & LibnbdExports;
