// How a handle's connection ended, and who hears of it.
import { detailOf, type ErrnoCode, NBDError, retold } from '../base/errors.js';
import type { ConnectTarget } from '../transports/target.js';

export class Ending {
  /** What killed the handle; undefined while it is not dead. */
  death: NBDError | undefined;
  #lost: NBDError | undefined;
  #tellLost: ((error: NBDError) => void) | undefined;

  /** Fulfilled when the connection was lost; never rejected. */
  readonly lost = new Promise<NBDError>((resolve) => {
    this.#tellLost = resolve;
  });

  /** The connection has ended, and nobody on this side had asked for it. Only the first error counts. */
  lose(error: NBDError): void {
    this.#lost ??= error;
    this.#tellLost?.(error);
    this.#tellLost = undefined;
  }

  /** libnbd ended with an error: the handle is dead. */
  die(error: NBDError): void {
    this.death ??= error;
    this.lose(error);
  }

  /** The error of a call that needs a connection, told by what ended the connection. */
  explain(call: string): NBDError {
    const code: ErrnoCode = 'ENOTCONN';
    if (this.#lost === undefined) return new NBDError(`${call}: the connection was shut down`, code, { isFatal: true });
    const reason = withoutCall(this.#lost.message);
    return new NBDError(`${call}: the connection was lost: ${reason}`, code, { cause: this.#lost, isFatal: true });
  }

  /** The death, told of as the call given. */
  deathOf(call: string): NBDError | undefined {
    return this.death && retold(this.death, { message: renamed(this.death.message, call) });
  }
}

const callName = /^nbd_[a-z0-9_]+: /;

/** A message of libnbd's, told of the call that the user made: libnbd names the one that noticed, nbd_aio_notify_read. */
export function renamed(message: string, call: string): string {
  return message.replace(callName, `${call}: `);
}

const withoutCall = (message: string): string => message.replace(callName, '');

/** Whether libnbd refused a call only since the connection that the call needs is over. */
export function needsConnection(message: string): boolean {
  return /: invalid state: (CLOSED|DEAD): the handle must be (?!newly created)/.test(message);
}

/**
 * libnbd takes a TCP connection that is in progress for one that is made, so that its first recv fails where the host was not reached.
 * This is what libnbd says where connect fails at once, as it mostly does natively. Undefined for any other message.
 */
export function unreachedText(message: string, target: ConnectTarget | undefined, cause: unknown): string | undefined {
  const [, call, reason] = /^(nbd_\w+): recv: (.*)$/.exec(message) ?? [];
  if (call === undefined || target === undefined || 'path' in target) return undefined;
  const { host, port } = target;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  const unresolved = { ENOTFOUND: 'Name or service not known', EAI_AGAIN: 'Temporary failure in name resolution' }[String(code)];
  if (unresolved !== undefined) return `${call}: getaddrinfo: hostname "${host}" port "${port}": ${unresolved}`;
  if (code === 'ECONNRESET') return undefined; // it was reached
  const text = `${call}: connect: ${host}:${port}: could not connect to remote host: ${reason}`;
  // What the system says of one address has just been said. Of several it names each, and a WebSocket may know more.
  return cause instanceof Error && 'syscall' in cause ? text : withDetail(text, detailOf(cause));
}

export const withDetail = (message: string, detail: string): string => (detail === '' ? message : `${message} (${detail})`);
