// What users of the aio calls do: wait for a command by its cookie.
import type { NBD } from 'libnbd-wasm';

/** Waits until a command is complete, and retires it; throws the error that it failed with. */
export async function retired(nbd: NBD, cookie: bigint): Promise<void> {
  while (!nbd.aioCommandCompleted(cookie)) await nbd.poll(-1);
}
