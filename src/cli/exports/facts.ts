// What is known of an export: what its server has told libnbd, and what file(1) says of its first bytes.
import { spawnSync } from 'node:child_process';
import { type NBD, NBDError, SIZE_MAXIMUM, SIZE_MINIMUM, SIZE_PREFERRED } from '../../node.js';
import type { Patience } from '../servers/patience.js';

export interface ExportFacts {
  readonly name: string;
  readonly description: string | undefined;
  readonly size: bigint | undefined;
  readonly content: string | undefined;
  readonly uri: string | undefined;
  readonly contexts: readonly string[] | undefined;
  /** `is_` and `can_`, in nbdinfo's order: those that the server has told. */
  readonly flags: readonly (readonly [name: string, value: boolean])[];
  readonly blockSizes: readonly (readonly [name: string, bytes: bigint])[];
}

/** A server to be asked, and how long it is waited for: in option mode, so that it can be asked about several exports. */
export interface Session {
  readonly nbd: NBD;
  readonly patience: Patience;
}

/** What is asked beside what every server tells. */
export interface Wanted {
  /** A URI means something: it is none of the socket of a command. */
  readonly hasUri: boolean;
  readonly contexts: boolean;
  readonly content: boolean;
  /** The connection will be asked about other exports: so the content cannot be read, nor a size of 0 be asked for again. */
  readonly isShared: boolean;
}

/**
 * Asks about the export that is set. A server of the older newstyle knows no NBD_OPT_INFO: then this goes all the way.
 *
 * @returns The error of a server that refuses the export; what it says of others can still be asked.
 */
export async function askAboutExport({ nbd, patience }: Session): Promise<NBDError | undefined> {
  if (!nbd.aioIsNegotiating()) return undefined; // oldstyle: all is known already
  const { signal } = patience;
  const refusal = await failureOf(patience.hear(nbd.optInfo({ signal })));
  if (refusal === undefined || !nbd.aioIsNegotiating()) return refusal;
  return failureOf(patience.hear(nbd.optGo({ signal })));
}

/**
 * The size, if need be by going all the way: nbd-server 3.24 tells it to NBD_OPT_GO alone, and to NBD_OPT_INFO a size of 0. nbdinfo
 * prints this 0; the size is printed here under its name too.
 */
export async function sizeOf({ nbd, patience }: Session): Promise<bigint> {
  const size = nbd.getSize();
  if (size !== 0n || !nbd.aioIsNegotiating()) return size;
  await patience.hear(nbd.optGo({ signal: patience.signal }));
  return nbd.getSize();
}

/** The facts of the export that was asked about. `listed` is what a list has said of it. */
export async function factsOf(session: Session, wanted: Wanted, listed?: string): Promise<ExportFacts> {
  const { nbd } = session;
  const facts = {
    name: known(() => nbd.getCanonicalExportName()) ?? nbd.getExportName(),
    description: listed ?? known(() => nbd.getExportDescription()),
    uri: wanted.hasUri ? known(() => nbd.getUri()) : undefined,
    flags: flagsOf(nbd),
    blockSizes: blockSizesOf(nbd),
    contexts: wanted.contexts ? await contextsOf(session) : undefined,
  };
  const size = known(() => nbd.getSize());
  if (size === undefined || wanted.isShared) return { ...facts, size, content: undefined };
  // Last, since these take the connection out of negotiation.
  return { ...facts, size: await sizeOf(session), content: wanted.content ? await contentOf(session) : undefined };
}

function flagsOf(nbd: NBD): [string, boolean][] {
  return allKnown([
    ['is_rotational', () => nbd.isRotational()],
    ['is_read_only', () => nbd.isReadOnly()],
    ['can_block_status_payload', () => nbd.canBlockStatusPayload()],
    ['can_cache', () => nbd.canCache()],
    ['can_df', () => nbd.canDf()],
    ['can_fast_zero', () => nbd.canFastZero()],
    ['can_flush', () => nbd.canFlush()],
    ['can_fua', () => nbd.canFua()],
    ['can_multi_conn', () => nbd.canMultiConn()],
    ['can_trim', () => nbd.canTrim()],
    ['can_zero', () => nbd.canZero()],
  ]);
}

function blockSizesOf(nbd: NBD): [string, bigint][] {
  const sizes = allKnown([
    ['block_size_minimum', () => nbd.getBlockSize(SIZE_MINIMUM)],
    ['block_size_preferred', () => nbd.getBlockSize(SIZE_PREFERRED)],
    ['block_size_maximum', () => nbd.getBlockSize(SIZE_MAXIMUM)],
  ]);
  return sizes.filter(([, bytes]) => bytes > 0n);
}

function allKnown<T>(calls: readonly (readonly [name: string, call: () => T])[]): [string, T][] {
  return calls.flatMap(([name, call]) => {
    const value = known(call);
    return value === undefined ? [] : [[name, value] as [string, T]];
  });
}

/** What a call returns, or undefined where the server gave libnbd nothing to return. */
export function known<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof NBDError) return undefined;
    throw error;
  }
}

async function failureOf(answer: Promise<unknown>): Promise<NBDError | undefined> {
  try {
    await answer;
    return undefined;
  } catch (error) {
    if (error instanceof NBDError) return error;
    throw error;
  }
}

async function contextsOf({ nbd, patience }: Session): Promise<string[] | undefined> {
  const contexts: string[] = [];
  const add = (name: string) => void contexts.push(name);
  const failure = await failureOf(patience.hear(nbd.optListMetaContext(add, { signal: patience.signal })));
  return failure === undefined ? contexts : undefined;
}

/** What file(1) says of the first bytes; undefined where they cannot be read, or it is not installed. */
async function contentOf({ nbd, patience }: Session): Promise<string | undefined> {
  const { signal } = patience;
  if (nbd.aioIsNegotiating()) await patience.hear(nbd.optGo({ signal }));
  const count = Number(nbd.getSize() < 8192n ? nbd.getSize() : 8192n);
  let head: Uint8Array = new Uint8Array();
  const read = async () => {
    if (count > 0) head = await nbd.pread(count, 0n, { signal });
  };
  if ((await failureOf(patience.hear(read()))) !== undefined) return undefined;
  const { status, stdout } = spawnSync('file', ['--brief', '-'], { input: head, encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}
