// What `info --can` and its many spellings can ask of an export.
import type { NBD } from '../../node.js';

type Feature = (nbd: NBD) => boolean;

const features: readonly (readonly [names: readonly string[], feature: Feature])[] = [
  [['connect', 'read'], () => true],
  [['tls'], (nbd) => nbd.getTlsNegotiated()],
  [['sr', 'structured', 'structured-reply', 'structured-replies'], (nbd) => nbd.getStructuredRepliesNegotiated()],
  [['eh', 'extended-header', 'extended-headers'], (nbd) => nbd.getExtendedHeadersNegotiated()],
  [['readonly', 'read-only'], (nbd) => nbd.isReadOnly()],
  [['write'], (nbd) => !nbd.isReadOnly()],
  [['rotational'], (nbd) => nbd.isRotational()],
  [['block-status-payload'], (nbd) => nbd.canBlockStatusPayload()],
  [['cache'], (nbd) => nbd.canCache()],
  [['df'], (nbd) => nbd.canDf()],
  [['fastzero', 'fast-zero'], (nbd) => nbd.canFastZero()],
  [['flush'], (nbd) => nbd.canFlush()],
  [['fua'], (nbd) => nbd.canFua()],
  [['multiconn', 'multi-conn'], (nbd) => nbd.canMultiConn()],
  [['trim'], (nbd) => nbd.canTrim()],
  [['zero'], (nbd) => nbd.canZero()],
];

/** The spelling that the help and the completion tell of each feature. */
export const featureNames = [
  'connect',
  'read',
  'write',
  'read-only',
  'rotational',
  'tls',
  'structured-reply',
  'extended-headers',
  'block-status-payload',
  'cache',
  'df',
  'fast-zero',
  'flush',
  'fua',
  'multi-conn',
  'trim',
  'zero',
] as const;

const byName = new Map(features.flatMap(([names, feature]) => names.map((name) => [name, feature] as const)));

/** The feature of a name, whose words may be joined by `-`, `_` or a space, in any case. */
export function featureOf(name: string, isNegated: boolean): Feature {
  const feature = byName.get(name.toLowerCase().replace(/[ _]/g, '-'));
  if (feature !== undefined) return feature;
  // Not a wrong usage, whose exit code would be that of a feature which is not there.
  const options = isNegated ? '--cannot/--isnt/--hasnt' : '--can/--is/--has';
  throw new Error(`unknown ${options} option: ${name}`);
}
