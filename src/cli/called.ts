// By which name the program was called. Through a link of the name of one of upstream's programs it behaves as this program.
import { basename } from 'node:path';

export const ownName = 'libnbd-wasm';

/** Which command each of upstream's programs is here. */
export const upstreamNames: ReadonlyMap<string, string> = new Map([
  ['nbdinfo', 'info'],
  ['nbddump', 'dump'],
  ['nbdcopy', 'copy'],
]);

const name = basename(process.argv[1] ?? ownName);

/** The command that is called by upstream's name for it; undefined where the program has its own name. */
export const upstreamCommand = upstreamNames.get(name);

/** Whether the program is to behave as upstream's: exit codes, errors, time limits. */
export const isUpstream = upstreamCommand !== undefined;

/** What messages begin with. */
export const programName = isUpstream ? name : ownName;

/** How a command is called. */
export const callOf = (command: string): string => (isUpstream ? name : `${ownName} ${command}`);
