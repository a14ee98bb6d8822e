// What a server says of an export, in words.
import { askGeometry, type Disk, type Geometry } from '../disk/disk.js';
import { CONTEXT_BASE_ALLOCATION, CONTEXT_QEMU_ALLOCATION_DEPTH, CONTEXT_QEMU_DIRTY_BITMAP } from '../generated/constants.js';
import { escapeControls } from '../text/escape.js';
import { exactSize, shortSize } from './format.js';
import type { Source } from './source.js';

/** What only the handle tells that is connected; undefined is what the server did not tell. */
export interface NegotiatedFacts {
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly protocol: string | undefined;
  readonly hasTls: boolean | undefined;
  readonly hasStructuredReplies: boolean | undefined;
  /** What the server says. A disk that was opened read-only says so of itself. */
  readonly isReadOnly: boolean | undefined;
}

export interface ExportFacts {
  readonly geometry: Geometry;
  /** Those of the disk that it has, of those that were asked for. */
  readonly contexts: readonly string[];
  readonly hasExtendedHeaders: boolean;
  readonly isReadOnly: boolean;
  readonly isRotational: boolean;
  readonly canMultiConn: boolean;
  /** What a client could have it do, each with whether it can. */
  readonly abilities: readonly (readonly [words: string, can: boolean])[];
  readonly negotiated: NegotiatedFacts | undefined;
  /** How it is connected; undefined where somebody else has opened it. */
  readonly source: Source | undefined;
  /** What is told of a disk that is no export, in the place of a server's words. */
  readonly own?: OwnFacts | undefined;
}

/** What a disk is that no server exports. */
export interface OwnFacts {
  /** What it is called. */
  readonly title: string;
  /** In one line, for the header. */
  readonly short: string;
  readonly facts: readonly Fact[];
}

/** One fact for people. */
export interface Fact {
  readonly label: string;
  readonly words: string;
  /** More exactly, for who points at it. */
  readonly title?: string;
}

export async function askFacts(
  disk: Disk,
  negotiated: NegotiatedFacts | undefined,
  contexts: readonly string[],
  source: Source | undefined,
): Promise<ExportFacts> {
  const asked = await Promise.all(contexts.map(async (context) => ((await disk.canMetaContext(context)) ? [context] : [])));
  return {
    geometry: await askGeometry(disk),
    contexts: asked.flat(),
    hasExtendedHeaders: await disk.getExtendedHeadersNegotiated(),
    isReadOnly: negotiated?.isReadOnly ?? (await disk.isReadOnly()),
    isRotational: await disk.isRotational(),
    canMultiConn: await disk.canMultiConn(),
    abilities: [
      ['flush', await disk.canFlush()],
      ['write through (FUA)', await disk.canFua()],
      ['trim', await disk.canTrim()],
      ['write zeroes', await disk.canZero()],
      ['write zeroes fast', await disk.canFastZero()],
      ['prefetch', await disk.canCache()],
    ],
    negotiated,
    source,
  };
}

const untold = 'the server does not tell';

/** All facts of an export, for people, in the order of their weight. */
export function factsInWords(facts: ExportFacts): readonly Fact[] {
  if (facts.own !== undefined) return facts.own.facts;
  const { geometry, negotiated, source } = facts;
  const asked = <T>(value: T | undefined, words: (value: T) => string) =>
    value === undefined ? (negotiated === undefined ? 'not known to this page: it was given the disk' : untold) : words(value);
  return [
    { label: 'Name', words: asked(negotiated?.name, exportTitle) },
    { label: 'Description', words: asked(negotiated?.description || undefined, escapeControls) },
    { label: 'Size', words: sizeInWords(geometry.size), title: exactSize(geometry.size) },
    { label: 'Writes', words: writesInWords(facts) },
    { label: 'Blocks', ...blocksInWords(geometry) },
    { label: 'Block status', words: contextsInWords(facts.contexts), title: facts.contexts.join(', ') },
    { label: 'Server can', words: abilitiesInWords(facts, true) },
    { label: 'Server cannot', words: abilitiesInWords(facts, false) },
    {
      label: 'Connections',
      words: facts.canMultiConn ? 'several at once are safe' : 'one at a time: the server promises nothing for several',
    },
    { label: 'Medium', words: facts.isRotational ? 'a spinning disk' : 'not said to be a spinning disk' },
    {
      label: 'Protocol',
      words: asked(negotiated?.protocol, (protocol) => `${escapeControls(protocol)}, ${repliesInWords(facts)}`),
    },
    { label: 'Encryption', words: asked(negotiated?.hasTls, (hasTls) => encryptionInWords(hasTls, source)) },
  ];
}

/** The same in one line, for the header. */
export function factsInShort(facts: ExportFacts): string {
  if (facts.own !== undefined) return facts.own.short;
  const { geometry, negotiated } = facts;
  const { minimum, preferred, maximum } = geometry;
  const blocks = minimum === 0n ? 'block sizes not told' : `blocks ${[minimum, preferred, maximum].map(shortSize).join(' / ')}`;
  const contexts = facts.contexts.length === 0 ? 'no block status' : facts.contexts.map(escapeControls).join(', ');
  const tls = negotiated?.hasTls === undefined ? [] : [negotiated.hasTls ? 'NBD with TLS' : 'NBD without TLS'];
  return [facts.isReadOnly ? 'read-only' : 'writable, not by this page', ...tls, blocks, contexts].join(' · ');
}

/** An export's name for people; the default export's is empty. */
export function exportTitle(name: string): string {
  return name === '' ? 'the default export, without a name' : escapeControls(name);
}

/** `base:allocation` → what it tells. */
export function contextInWords(context: string): string {
  if (context === CONTEXT_BASE_ALLOCATION) return 'what is data, zero or a hole';
  if (context === CONTEXT_QEMU_ALLOCATION_DEPTH) return 'which layer of the image each block comes from';
  if (context.startsWith(CONTEXT_QEMU_DIRTY_BITMAP)) {
    return `what changed since bitmap ${escapeControls(context.slice(CONTEXT_QEMU_DIRTY_BITMAP.length))}`;
  }
  return escapeControls(context);
}

const sizeInWords = (size: bigint) => (size < 1024n ? exactSize(size) : `${shortSize(size)}, ${exactSize(size)}`);

function writesInWords({ isReadOnly }: ExportFacts): string {
  return isReadOnly ? 'the server allows none' : 'the server allows them; this page never writes';
}

function blocksInWords({ minimum, preferred, maximum }: Geometry): Omit<Fact, 'label'> {
  if (minimum === 0n) return { words: untold };
  const words = `requests are multiples of ${shortSize(minimum)}, best ${shortSize(preferred)}, at most ${shortSize(maximum)}`;
  return { words, title: [minimum, preferred, maximum].map(exactSize).join(', ') };
}

function contextsInWords(contexts: readonly string[]): string {
  return contexts.length === 0 ? 'the server tells none' : `tells ${contexts.map(contextInWords).join('; ')}`;
}

function abilitiesInWords({ abilities }: ExportFacts, isAble: boolean): string {
  return abilities.flatMap(([words, can]) => (can === isAble ? [words] : [])).join(', ') || 'nothing besides';
}

function repliesInWords({ hasExtendedHeaders, negotiated }: ExportFacts): string {
  if (hasExtendedHeaders) return 'extended headers: lengths of 64 bits';
  return negotiated?.hasStructuredReplies ? 'structured replies' : 'simple replies, without block status';
}

function encryptionInWords(hasTls: boolean, source: Source | undefined): string {
  const inner = hasTls ? 'NBD with TLS' : 'NBD without TLS';
  if (source === undefined) return inner;
  return `${inner}, in a WebSocket ${source.url.startsWith('wss:') ? 'with TLS (wss:)' : 'without TLS (ws:)'}`;
}
