// What a server says of its export. A server that says something else after an outage serves another disk.
import { askGeometry, type Geometry } from '../disk/disk.js';
import type { RemoteDisk } from './remote_disk.js';

const flags = [
  'isReadOnly',
  'isRotational',
  'canFlush',
  'canFua',
  'canZero',
  'canFastZero',
  'canTrim',
  'canCache',
  'canMultiConn',
  'canDf',
] as const;

export type Flag = (typeof flags)[number];

export interface Identity {
  readonly geometry: Geometry;
  readonly flags: ReadonlyMap<Flag, boolean>;
  /** Whether each metadata context that was asked for is there. */
  readonly contexts: ReadonlyMap<string, boolean>;
  /** Of the connection, not of the disk: a newer version of the same server may have them. */
  readonly hasExtendedHeaders: boolean;
}

export async function identify(nbd: RemoteDisk, contexts: readonly string[]): Promise<Identity> {
  const ask = async <T extends string>(names: readonly T[], answer: (name: T) => boolean | Promise<boolean>) =>
    new Map(await Promise.all(names.map(async (name) => [name, await answer(name)] as const)));
  return {
    geometry: await askGeometry(nbd),
    flags: await ask(flags, (flag) => nbd[flag]()),
    contexts: await ask(contexts, (context) => nbd.canMetaContext(context)),
    hasExtendedHeaders: await nbd.getExtendedHeadersNegotiated(),
  };
}

/** What differs between two, for people; undefined if they may be of the same disk. */
export function difference(before: Identity, now: Identity): string | undefined {
  const told = (name: string, one: unknown, other: unknown) => (one === other ? [] : [`${name} was ${one} and is ${other}`]);
  const sizes = Object.keys(before.geometry) as (keyof Geometry)[];
  const found = [
    ...sizes.flatMap((name) => told(name === 'size' ? name : `${name} block size`, before.geometry[name], now.geometry[name])),
    ...[...before.flags].flatMap(([flag, value]) => told(flag, value, now.flags.get(flag))),
    ...[...before.contexts].flatMap(([context, value]) => told(context, value, now.contexts.get(context))),
  ];
  return found.length === 0 ? undefined : found.join(', ');
}
