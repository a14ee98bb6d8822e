// What the command line names, an NBD URI or a command in square brackets as nbdinfo takes them, and a connection to it.
import { NBD, NBDError } from '../../node.js';
import type { Operand } from '../command.js';
import { UsageError } from '../usage.js';
import { type Limits, Patience } from './patience.js';
import { withoutPassword } from './uris.js';

/** What a command line names: a URI, or a command that is started with socket activation. */
export type Target = { uri: string } | { command: readonly string[] };

/** What every command that takes a target says of it in its help. */
export const targetHelp = `URI is an NBD URI, such as nbd://HOST[:PORT][/EXPORT] or nbd+unix:///[EXPORT]?socket=PATH, or the URL of a
WebSocket, ws: or wss:, such as libnbd-wasm proxy prints. In its place a command can stand that serves
NBD, in square brackets: [ qemu-nbd -r -f qcow2 file.qcow2 ]
`;

export const targetSynopsis = 'URI | [ CMD ARGS ... ]';

export function targetOf(operands: readonly Operand[]): Target {
  const [first, ...rest] = operands;
  if (first === undefined) throw new UsageError('no URI was given: name a server, such as nbd://localhost');
  if (rest.length > 0) throw new UsageError(`one URI is expected, and there is also ${rest.map(shownOperand).join(' ')}`);
  return typeof first === 'string' ? { uri: first } : { command: first };
}

/** An operand as the user wrote it, without a password. */
export const shownOperand = (operand: Operand): string =>
  typeof operand === 'string' ? withoutPassword(operand) : `[ ${operand.join(' ')} ]`;

const shownTarget = (target: Target): string => shownOperand('uri' in target ? target.uri : target.command);

/** Milliseconds that a server has for what it has not answered yet when the work is over, or has failed. */
const goodbyeTimeout = 2_000;

/**
 * Makes a handle, prepares it, connects it and does the work with it; in option mode the handle is then negotiating. The work renews
 * the patience when the server has answered, and passes its signal to all that waits.
 */
export async function withConnection<T>(
  target: Target,
  limits: Limits,
  prepare: (nbd: NBD) => void,
  work: (nbd: NBD, patience: Patience) => Promise<T>,
): Promise<T> {
  using nbd = await NBD.create();
  using patience = new Patience(shownTarget(target), limits.connecting);
  prepare(nbd);
  await connect(nbd, target, patience.signal);
  patience.renew();
  try {
    return await work(nbd, patience);
  } finally {
    await sayGoodbye(nbd);
  }
}

export async function connect(nbd: NBD, target: Target, signal: AbortSignal): Promise<void> {
  nbd.setUriAllowLocalFile(true); // whoever gives the command line may name files in it
  if ('command' in target) await nbd.connectSystemdSocketActivation([...target.command], { signal });
  else await nbd.connectUri(target.uri, { signal });
}

/**
 * A courtesy, whose failure changes nothing of the work. Without it there may be reads in flight, and Debian's nbdkit, 1.32, ends with
 * a failed assertion when a client leaves it with several.
 */
export async function sayGoodbye(nbd: NBD): Promise<void> {
  const signal = AbortSignal.timeout(goodbyeTimeout);
  try {
    await nbd.shutdown({ signal });
  } catch (error) {
    if (!(error instanceof NBDError) && error !== signal.reason) throw error;
  }
}
