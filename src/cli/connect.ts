// Connects a handle to what the command line names: an NBD URI, or a command in square brackets, as nbdinfo takes them.
import type { NBD } from '../node.js';
import { UsageError } from './usage.js';

/** What a command line names: a URI, or a command that is started with socket activation. */
export type Target = { uri: string } | { command: string[] };

export function parseTarget(positionals: string[]): Target {
  const [first, ...rest] = positionals;
  if (first === undefined) throw new UsageError('no URI was given');
  if (first === '[') {
    if (rest.length < 2 || rest.at(-1) !== ']') throw new UsageError('a command ends with a word of its own: ]');
    return { command: rest.slice(0, -1) };
  }
  if (rest.length > 0) throw new UsageError(`one URI is expected, and there is also ${rest.join(' ')}`);
  return { uri: first };
}

/** Connects `nbd`; in option mode, the handle is then negotiating. */
export async function connect(nbd: NBD, target: Target): Promise<void> {
  nbd.setUriAllowLocalFile(true); // whoever gives the command line may name files in it
  if ('command' in target) await nbd.connectSystemdSocketActivation(target.command);
  else await nbd.connectUri(target.uri);
}
