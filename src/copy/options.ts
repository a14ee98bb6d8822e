// The options of a copy, and what they come to.
import { checkedSignal, type WaitOptions } from '../base/abort.js';
import { describe } from '../base/describe.js';
import { integer, wrongType } from '../base/integers.js';
import { NAMESPACE_QEMU } from '../generated/constants.js';
import type { RandomSource } from './ends.js';
import type { ProgressOptions } from './progress.js';

export interface InFlightOptions extends WaitOptions, ProgressOptions {
  /**
   * The size of a request in bytes, rounded to the blocks of both ends. Unless told otherwise, each connection has two of them in `queueSize`, of
   * 4 MiB at most: 2 MiB with four connections.
   */
  requestSize?: number | undefined;
  /** How many requests are in flight at most, in all; 64 unless told otherwise. */
  inFlight?: number | undefined;
  /** How many bytes these requests have at most, in all; 16 MiB unless told otherwise. One request is always in flight. */
  queueSize?: number | undefined;
}

export interface CopyOptions extends InFlightOptions {
  /** Makes no holes: ranges of zeroes are written, and a server is asked to allocate them. False unless told otherwise. */
  allocated?: boolean | undefined;
  /** Promises that the destination reads as zeroes now, so that zeroes are not written. A new file needs no promise. */
  destinationIsZero?: boolean | undefined;
  /**
   * Flushes the destination at least every 256 MiB and at the end, so that a copy that resolved is on stable storage. True unless told
   * otherwise.
   */
  flush?: boolean | undefined;
  /**
   * The shortest run of zeroes in what was read that is written as a hole, in bytes: 4096 unless told otherwise, and a block of the size that
   * the destination prefers at least. 0 looks for none.
   */
  sparse?: number | undefined;
  /**
   * Goes on where a copy to the same file ended, by the journal `NAME.resume` beside it: for regular files in Node. Where there is no
   * journal, or one of another source, the copy starts anew.
   */
  resume?: boolean | undefined;
  /** Reads everything back at the end and compares it with the source. */
  verify?: boolean | undefined;
  /**
   * Copies only what a dirty bitmap of qemu's says has changed: `qemu:dirty-bitmap:NAME`, which is one of `contexts` of `openDisk`, or was
   * given to `addMetaContext` before connecting; the rest of the destination stays as it is.
   */
  onlyDirty?: string | undefined;
}

/** The shape of the requests. */
export interface RequestShape {
  /** Undefined for one that fits the connections. */
  readonly requestSize: number | undefined;
  readonly inFlight: number;
  readonly queueSize: number;
}

export interface Settings extends RequestShape {
  readonly allocated: boolean;
  readonly destinationIsZero: boolean;
  readonly flush: boolean;
  readonly sparse: number;
  readonly resume: boolean;
  readonly verify: boolean;
  readonly onlyDirty: string | undefined;
}

const defaultInFlight = 64;
const longestRequest = 2 ** 25;
/** More would hide no more latency on most networks, and be fresh memory for the processor's caches again and again. */
const defaultQueueSize = 2 ** 24;
const defaultSparse = 4096;
const bitmap = `${NAMESPACE_QEMU}dirty-bitmap:`;

export function checkedRequests(
  call: string,
  { requestSize, inFlight = defaultInFlight, queueSize = defaultQueueSize }: InFlightOptions,
): RequestShape {
  if (requestSize !== undefined) integer(call, 'requestSize', requestSize, 1, longestRequest);
  integer(call, 'inFlight', inFlight, 1, Number.MAX_SAFE_INTEGER);
  integer(call, 'queueSize', queueSize, 1, Number.MAX_SAFE_INTEGER);
  return { requestSize, inFlight, queueSize };
}

/** The size of a request: what was asked for, in whole blocks of each end, and no more than any of them takes. */
export function requestSizeFor({ requestSize, queueSize }: RequestShape, ...ends: RequestEnd[]): number {
  const block = Math.max(...ends.map((end) => Math.max(end.block, end.preferred ?? 1)));
  const connections = Math.max(...ends.map((end) => end.connections ?? 1));
  const most = Math.min(requestSize ?? fitting(queueSize, connections), ...ends.map((end) => end.longest));
  return Math.max(block, Math.floor(most / block) * block);
}

/**
 * Each request costs as much JavaScript as the copy of some 100 KiB, and a short copy is over before V8 has compiled it: so there are few. But
 * a connection that has no other request waits while the bytes of its last one are written.
 */
const fitting = (queueSize: number, connections: number): number =>
  Math.min(Math.max(2 ** Math.floor(Math.log2(queueSize / (2 * connections))), 2 ** 18), 2 ** 22);

type RequestEnd = Pick<RandomSource, 'block' | 'longest' | 'preferred' | 'connections'>;

/** How many requests of a size may be in flight: as many as asked for, within the bound of their bytes. */
export const boundedInFlight = ({ inFlight, queueSize }: RequestShape, size: number): number =>
  Math.max(1, Math.min(inFlight, Math.floor(queueSize / size)));

export function checkedOptions(options: CopyOptions): Settings {
  checkedSignal('copy', options);
  const flag = (name: 'allocated' | 'destinationIsZero' | 'flush' | 'resume' | 'verify', otherwise: boolean) => {
    const value = options[name] ?? otherwise;
    if (typeof value !== 'boolean') throw wrongType('copy', name, 'a boolean', value);
    return value;
  };
  const { onlyDirty, sparse = defaultSparse } = options;
  if (onlyDirty !== undefined && !(typeof onlyDirty === 'string' && onlyDirty.startsWith(bitmap))) {
    throw new TypeError(`copy: onlyDirty must be a metadata context ${bitmap}NAME, not ${describe(onlyDirty)}`);
  }
  const settings = {
    ...checkedRequests('copy', options),
    allocated: flag('allocated', false),
    destinationIsZero: flag('destinationIsZero', false),
    flush: flag('flush', true),
    sparse: integer('copy', 'sparse', sparse, 0, 2 ** 30),
    resume: flag('resume', false),
    verify: flag('verify', false),
    onlyDirty,
  };
  if (settings.resume && !settings.flush) throw new TypeError('copy: resume needs flush: only what was flushed is done');
  return settings;
}
