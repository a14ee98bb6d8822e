// The shape of the requests of copy, compare and checksum, as options. Upstream's program counts for each connection, the library in all.
import { isUpstream } from '../called.js';
import { type Operand, value } from '../command.js';
import { shownOperand } from '../servers/connect.js';
import { bytes, count, UsageError } from '../usage.js';

const smallest = 2 ** 12;
const largest = 2 ** 25;

const shown = isUpstream ? '256k' : '4M with one connection, 1M with four';

export const requestOptions = {
  connections: value('N', 'the most connections to each server that allows several; default 4', { short: 'C' }),
  requests: value('N', 'the most requests in flight on each connection; default 64', { short: 'R' }),
  'request-size': value('N', `the longest request, a power of 2 from 4k to 32M; default ${shown}`),
  'queue-size': value('N', `the most bytes in flight${isUpstream ? ' on each connection; default 16M' : ' on each connection'}`),
} as const;

type Values = { readonly [Name in keyof typeof requestOptions]: string | undefined };

export interface RequestShape {
  /** Undefined for the library's own. */
  readonly connections: number | undefined;
  readonly requestSize: number | undefined;
  /** For each connection. */
  readonly requests: number | undefined;
  readonly queueSize: number | undefined;
}

export function shapeOf(values: Values): RequestShape {
  return {
    connections: count('connections', values.connections, 1),
    requests: count('requests', values.requests, 1) ?? (isUpstream ? 64 : undefined),
    requestSize: powerOf2('request-size', values['request-size'], smallest, largest) ?? (isUpstream ? 2 ** 18 : undefined),
    queueSize: queueSize(values['queue-size']) ?? (isUpstream ? 2 ** 24 : undefined),
  };
}

function queueSize(text: string | undefined): number | undefined {
  const size = bytes('queue-size', text);
  if (size !== undefined && size >= 2n ** 32n) throw new UsageError(`--queue-size is too large: ${text}`);
  return Number(size ?? 0n) || undefined;
}

/** The library's options for so many connections. */
export function shapeFor({ requestSize, requests, queueSize }: RequestShape, connections: number) {
  return {
    requestSize,
    inFlight: requests === undefined ? undefined : requests * connections,
    queueSize: queueSize === undefined ? undefined : queueSize * connections,
  };
}

export function powerOf2(option: string, text: string | undefined, least: number, most: number): number | undefined {
  const size = bytes(option, text);
  if (size === undefined) return undefined;
  if (size < least || size > most || (size & (size - 1n)) !== 0n) {
    throw new UsageError(`--${option}: must be a power of 2 within ${least}-${most}: ${text}`);
  }
  return Number(size);
}

/** The operands of a command that takes exactly two. */
export function twoOperands(operands: readonly Operand[], first: string, second: string): [Operand, Operand] {
  const [one, other, third] = operands;
  if (one === undefined) throw new UsageError(`no ${first} and no ${second} were given`);
  if (other === undefined) throw new UsageError(`no ${second} was given`);
  if (third !== undefined) throw new UsageError(`there is more than a ${first} and a ${second}: ${shownOperand(third)}`);
  return [one, other];
}

export const operandsHelp = `A file or a device is named by its path, a server by its NBD URI, such as nbd://HOST[:PORT][/EXPORT] or
nbd+unix:///[EXPORT]?socket=PATH, or by the URL of a WebSocket, ws: or wss:. A command in square brackets is started, serves NBD on
the socket that it inherits, and is ended afterwards: [ qemu-nbd -f qcow2 disk.qcow2 ]`;
