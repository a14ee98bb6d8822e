// nbdinfo, nbddump and nbdcopy of the libnbd that libnbd.wasm is made of, built for this machine by scripts/libnbd_tools.sh.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const native = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'libnbd-wasm/libnbd-native');
if (!existsSync(join(native, 'nbdinfo')))
  throw new Error('these tests compare with libnbd’s tools: run scripts/libnbd_tools.sh first');

export const tools = ['nbdinfo', 'nbddump', 'nbdcopy'] as const;
export type Tool = (typeof tools)[number];
