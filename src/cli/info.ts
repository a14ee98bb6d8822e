// `libnbd-wasm info`: what nbdinfo prints of an export, as text or with --json; with --partitions what is on it.
import { spawnSync } from 'node:child_process';
import { type NBD, NBDError, probe, SIZE_MAXIMUM, SIZE_MINIMUM, SIZE_PREFERRED } from '../node.js';
import { escapeControls, quoted } from '../text/escape.js';
import { humanSize } from '../text/sizes.js';
import { defineCommand, flag } from './command.js';
import { type Target, targetHelp, targetOf, targetSynopsis, withConnection } from './connect.js';
import { type Json, paint, toJson } from './format.js';
import { print } from './output.js';
import { partitionsJson, partitionsText } from './partitions.js';
import { type Limits, limitsOf, patienceOptions } from './patience.js';
import { UsageError } from './usage.js';

export const command = defineCommand({
  name: 'info',
  summary: 'what nbdinfo prints of an export',
  synopsis: [`[OPTION ...] ${targetSynopsis}`],
  about: `Prints what nbdinfo prints of an export: its size, its content, its block sizes, and what its server can do.

${targetHelp}`,
  options: {
    json: flag('for programs'),
    size: flag('the size in bytes, and nothing else'),
    partitions: flag(
      "in its place what is on the disk: its partition table, its partitions and what is in each, as libblkid finds them. Names are lsblk's; START is in sectors of 512 bytes, as there",
    ),
    ...patienceOptions,
  },
  operands: 'disks',
  async run({ values, operands }) {
    const target = targetOf(operands);
    const limits = limitsOf(values);
    if (values.partitions) {
      if (values.size) throw new UsageError('--size and --partitions are different questions');
      await printPartitions(target, limits, values.json);
      return 0;
    }
    const prepare = (nbd: NBD) => {
      nbd.setOptMode(!values.size); // nbd-server tells the size to whoever goes all the way, and to nobody else
      nbd.setFullInfo(!values.size);
    };
    await withConnection(target, limits, prepare, async (nbd, { signal }) => {
      await print(values.size ? `${nbd.getSize()}\n` : await infoText(nbd, 'uri' in target, values.json, signal));
    });
    return 0;
  },
});

async function printPartitions(target: Target, limits: Limits, json: boolean): Promise<void> {
  await withConnection(
    target,
    limits,
    () => {},
    async (nbd, { signal }) => {
      const found = await probe(nbd, { signal });
      await print(json ? `${toJson(partitionsJson(found))}\n` : partitionsText(found));
    },
  );
}

/** All that is known of the connection and the export, as text or as JSON; a URI means nothing for a command's socket. */
async function infoText(nbd: NBD, hasUri: boolean, json: boolean, signal: AbortSignal): Promise<string> {
  const protocol = nbd.getProtocol();
  const isTls = nbd.getTlsNegotiated();
  const isStructured = nbd.getStructuredRepliesNegotiated();
  const isExtended = nbd.getExtendedHeadersNegotiated();
  const description = await describeExport(nbd, hasUri, signal);
  if (json) {
    const connection = { protocol, TLS: isTls, structured: isStructured, extended: isExtended };
    return `${toJson({ ...connection, exports: [exportJson(description)] })}\n`;
  }
  const packets = isExtended ? 'extended' : isStructured ? 'structured' : 'simple';
  return `protocol: ${protocol} ${isTls ? 'with' : 'without'} TLS, using ${packets} packets\n${exportText(description)}`;
}

interface Export {
  name: string;
  description: string | undefined;
  size: bigint | undefined;
  content: string | undefined;
  uri: string | undefined;
  contexts: string[] | undefined;
  flags: [name: string, value: boolean][];
  blockSizes: [name: string, bytes: bigint][];
}

// A server of the older newstyle knows no NBD_OPT_INFO: then go all the way.
async function askAboutExport(nbd: NBD, signal: AbortSignal): Promise<void> {
  if (!nbd.aioIsNegotiating()) return; // oldstyle: all is known already
  nbd.setRequestMetaContext(false);
  try {
    await nbd.optInfo({ signal });
  } catch (error) {
    if (!(error instanceof NBDError) || !nbd.aioIsNegotiating()) throw error;
    await nbd.optGo({ signal });
  }
}

async function describeExport(nbd: NBD, hasUri: boolean, signal: AbortSignal): Promise<Export> {
  await askAboutExport(nbd, signal);
  const flags: [string, () => boolean][] = [
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
  ];
  const blockSizes: [string, () => bigint][] = [
    ['block_size_minimum', () => nbd.getBlockSize(SIZE_MINIMUM)],
    ['block_size_preferred', () => nbd.getBlockSize(SIZE_PREFERRED)],
    ['block_size_maximum', () => nbd.getBlockSize(SIZE_MAXIMUM)],
  ];
  const size = known(() => nbd.getSize());
  const description = {
    name: known(() => nbd.getCanonicalExportName()) ?? nbd.getExportName(),
    description: known(() => nbd.getExportDescription()),
    size,
    uri: hasUri ? known(() => nbd.getUri()) : undefined,
    flags: allKnown(flags),
    blockSizes: allKnown(blockSizes).filter(([, bytes]) => bytes > 0n),
    contexts: await metadataContexts(nbd, signal),
  };
  // Last, since reading takes the connection out of negotiation.
  return { ...description, content: size === undefined ? undefined : await contentOf(nbd, size, signal) };
}

/** What a call returns, or undefined where the server gave libnbd nothing to return. */
function known<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof NBDError) return undefined;
    throw error;
  }
}

/** The same of a call that asks the server. */
async function answer<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof NBDError) return undefined;
    throw error;
  }
}

function allKnown<T>(calls: [name: string, call: () => T][]): [string, T][] {
  return calls.flatMap(([name, call]) => {
    const value = known(call);
    return value === undefined ? [] : [[name, value] as [string, T]];
  });
}

async function metadataContexts(nbd: NBD, signal: AbortSignal): Promise<string[] | undefined> {
  const contexts: string[] = [];
  const listed = await answer(nbd.optListMetaContext((name) => void contexts.push(name), { signal }));
  return listed === undefined ? undefined : contexts;
}

/** What file(1) says of the first bytes; undefined where they cannot be read, or it is not installed. */
async function contentOf(nbd: NBD, size: bigint, signal: AbortSignal): Promise<string | undefined> {
  if (nbd.aioIsNegotiating()) await nbd.optGo({ signal });
  const count = Math.min(Number(size === 0n ? nbd.getSize() : size), 8192); // nbd-server has told no size before
  const head = count === 0 ? new Uint8Array() : await answer(nbd.pread(count, 0n, { signal }));
  if (head === undefined) return undefined;
  const { status, stdout } = spawnSync('file', ['--brief', '-'], { input: head, encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

function exportText(e: Export): string {
  const lines = [
    paint('magentaBright', `export=${quoted(e.name)}:`),
    ...(e.description ? [`\tdescription: ${escapeControls(e.description)}`] : []),
    paint('magentaBright', `\texport-size: ${e.size === undefined ? 'unavailable' : sizes(e.size)}`),
    ...(e.content === undefined ? [] : [paint('magentaBright', `\tcontent: ${escapeControls(e.content)}`)]),
    ...(e.uri === undefined ? [] : [`\turi: ${escapeControls(e.uri)}`]),
    ...(e.contexts === undefined ? [] : ['\tcontexts:', ...e.contexts.map((name) => `\t\t${escapeControls(name)}`)]),
    ...e.flags.map(([name, value]) =>
      name.startsWith('can_') ? paint(value ? 'green' : 'red', `\t${name}: ${value}`) : `\t${name}: ${value}`,
    ),
    ...e.blockSizes.map(([name, bytes]) => `\t${name}: ${sizes(bytes)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function sizes(bytes: bigint): string {
  const human = humanSize(bytes);
  return human === String(bytes) ? human : `${bytes} (${human})`;
}

function exportJson(e: Export): Json {
  return {
    'export-name': e.name,
    ...(e.description ? { description: e.description } : {}),
    ...(e.content === undefined ? {} : { content: e.content }),
    ...(e.uri === undefined ? {} : { uri: e.uri }),
    ...(e.contexts === undefined ? {} : { contexts: e.contexts }),
    ...Object.fromEntries(e.flags),
    ...Object.fromEntries(e.blockSizes),
    ...(e.size === undefined ? {} : { 'export-size': e.size }),
    'export-size-str': e.size === undefined ? 'unavailable' : humanSize(e.size),
  };
}
