// nbdinfo, nbddump and nbdcopy of the libnbd that libnbd.wasm is made of, built for this machine by scripts/libnbd_tools.sh.
import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { main } from '../node/cli.js';

export const native = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'libnbd-wasm/libnbd-native');
if (!existsSync(join(native, 'nbdinfo')))
  throw new Error('these tests compare with libnbd’s tools: run scripts/libnbd_tools.sh first');

export const tools = ['nbdinfo', 'nbddump', 'nbdcopy'] as const;
export type Tool = (typeof tools)[number];

/** Whose tools a test runs. */
export type Whose = 'ours' | 'native';

/** `UPSTREAM_TOOLS=native` puts native tools in the place of ours: it tells what can be passed on this machine. */
export const judged: Whose = process.env.UPSTREAM_TOOLS === 'native' ? 'native' : 'ours';

/** Links to the tools in a folder, as a user makes them. */
export async function linkTools(folder: string, whose: Whose): Promise<void> {
  for (const tool of tools) await symlink(whose === 'ours' ? main : join(native, tool), join(folder, tool));
}
