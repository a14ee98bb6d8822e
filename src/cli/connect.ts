// What the command line names, an NBD URI or a command in square brackets as nbdinfo takes them, and a connection to it.
import { NBD, NBDError } from '../node.js';
import { UsageError } from './usage.js';

/** What a command line names: a URI, or a command that is started with socket activation. */
export type Target = { uri: string } | { command: string[] };

/** What every command that takes a target says of it in its usage. */
export const targetUsage = `URI is an NBD URI, such as nbd://HOST[:PORT][/EXPORT] or nbd+unix:///[EXPORT]?socket=PATH. In its place a command can stand
that serves NBD, in square brackets: -- [ qemu-nbd -r -f qcow2 file.qcow2 ]
`;

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

/** Milliseconds that a server has for what it has not answered yet when the work is over, or has failed. */
const goodbyeTimeout = 2_000;

/** Makes a handle, prepares it, connects it and does the work with it; in option mode the handle is then negotiating. */
export async function withConnection(
  target: Target,
  prepare: (nbd: NBD) => void,
  work: (nbd: NBD) => Promise<void>,
): Promise<void> {
  using nbd = await NBD.create();
  prepare(nbd);
  await connect(nbd, target);
  try {
    await work(nbd);
  } finally {
    await sayGoodbye(nbd);
  }
}

async function connect(nbd: NBD, target: Target): Promise<void> {
  nbd.setUriAllowLocalFile(true); // whoever gives the command line may name files in it
  if ('command' in target) await nbd.connectSystemdSocketActivation(target.command);
  else await nbd.connectUri(target.uri);
}

/**
 * A courtesy, whose failure changes nothing of the work. Without it there may be reads in flight, and Debian's nbdkit, 1.32, ends with
 * a failed assertion when a client leaves it with several.
 */
async function sayGoodbye(nbd: NBD): Promise<void> {
  const signal = AbortSignal.timeout(goodbyeTimeout);
  try {
    await nbd.shutdown({ signal });
  } catch (error) {
    if (!(error instanceof NBDError) && error !== signal.reason) throw error;
  }
}
