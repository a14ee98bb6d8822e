// A disk that the page has open: its connections in a worker, what its server says of it, what else the server has.
import { NBDError } from '../base/errors.js';
import type { Disk } from '../disk/disk.js';
import { CONTEXT_BASE_ALLOCATION } from '../generated/constants.js';
import type { LastingDisk } from '../lasting/lasting_disk.js';
import { openDiskWith } from '../lasting/open_disk.js';
import { loadInWorker, type WorkerLibrary, type WorkerNBD } from '../worker_client.js';
import { askFacts, type ExportFacts, type NegotiatedFacts, type OwnFacts } from './facts.js';
import { Meter } from './meter.js';
import { MeteredDisk } from './metered_disk.js';
import type { Source } from './source.js';

/** An export as its server lists it. */
export interface ListedExport {
  readonly name: string;
  readonly description: string;
}

/** What a server told before the disk was opened. Undefined is what it does not tell. */
export interface Survey {
  readonly exports: readonly ListedExport[] | undefined;
  readonly contexts: readonly string[] | undefined;
}

export interface Session {
  readonly disk: Disk;
  /** The same disk, where its connections tell of themselves. */
  readonly lasting: LastingDisk | undefined;
  readonly facts: ExportFacts;
  readonly exports: readonly ListedExport[] | undefined;
  readonly meter: Meter;
  close(): void;
}

/** More exports than this are not listed: a server may have millions. */
const maxExports = 1000;
/** More contexts than this are not asked for. A server of qemu's has one for each bitmap. */
const maxContexts = 32;

let loading: Promise<WorkerLibrary> | undefined;

/** The one worker of the page. Where it could not be started, the next call tries again. */
function library(): Promise<WorkerLibrary> {
  loading ??= loadInWorker().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/**
 * Opens a disk, read-only.
 *
 * @param onsurvey Gets what the server has told of itself, even if the disk cannot be opened then.
 */
export async function openSession(source: Source, signal: AbortSignal, onsurvey: (survey: Survey) => void): Promise<Session> {
  const lib = await library();
  const survey = await surveyServer(lib, source, signal);
  onsurvey(survey);
  const meter = new Meter();
  let negotiated: NegotiatedFacts | undefined;
  const contexts = survey.contexts?.slice(0, maxContexts) ?? [CONTEXT_BASE_ALLOCATION];
  const create = async () => metered(await lib.create(), meter);
  const disk = await openDiskWith<WorkerNBD>(create, source.url, {
    exportName: source.exportName,
    contexts,
    readOnly: true,
    signal,
    prepare: (nbd) => nbd.setFullInfo(true),
    check: async (nbd) => {
      negotiated ??= await askNegotiated(nbd);
    },
  });
  const facts = await askFacts(disk, negotiated, contexts, source);
  return { disk, lasting: disk, facts, exports: survey.exports, meter, close: () => disk.close() };
}

/**
 * A session of any disk that is open.
 *
 * @param own What is known of it, where it is no export.
 * @param close Closes it; unless told otherwise, whoever has opened it does.
 */
export async function sessionOf(disk: Disk, own?: OwnFacts, close: () => void = () => {}): Promise<Session> {
  const meter = new Meter();
  const shown = new MeteredDisk(disk, meter);
  const facts = await askFacts(shown, undefined, [CONTEXT_BASE_ALLOCATION], undefined);
  return { disk: shown, lasting: undefined, facts: { ...facts, own }, exports: undefined, meter, close };
}

/** Asks a server what it has, over a connection of its own: what an export has can be asked for only before it is opened. */
async function surveyServer(lib: WorkerLibrary, { url, exportName }: Source, signal: AbortSignal): Promise<Survey> {
  const nbd = await lib.create();
  try {
    await nbd.setOptMode(true);
    if (exportName !== undefined) await nbd.setExportName(exportName);
    await nbd.connectUri(url, { signal });
    if (!(await nbd.aioIsNegotiating())) return { exports: undefined, contexts: undefined };
    const contexts: string[] = [];
    const exports: ListedExport[] = [];
    const hasContexts = await isAnswered(nbd.optListMetaContext((name) => add(contexts, name, maxContexts), { signal }));
    const hasExports = await isAnswered(
      nbd.optList((name, description) => add(exports, { name, description }, maxExports), { signal }),
    );
    if (await nbd.aioIsNegotiating()) await isAnswered(nbd.optAbort({ signal }));
    return { exports: hasExports ? exports : undefined, contexts: hasContexts ? contexts : undefined };
  } finally {
    await nbd.close();
  }
}

function add<T>(list: T[], item: T, most: number): number {
  if (list.length < most) list.push(item);
  return 0;
}

/** Whether a server answers a question. One that refuses to is no failure; what ends the connection shows when the disk is opened. */
async function isAnswered(question: Promise<unknown>): Promise<boolean> {
  try {
    await question;
    return true;
  } catch (error) {
    if (error instanceof NBDError) return false;
    throw error;
  }
}

async function askNegotiated(nbd: WorkerNBD): Promise<NegotiatedFacts> {
  const known = <T>(answer: Promise<T>): Promise<T | undefined> =>
    answer.catch((error: unknown) => {
      if (error instanceof NBDError) return undefined;
      throw error;
    });
  return {
    name: await known(nbd.getCanonicalExportName()),
    description: await known(nbd.getExportDescription()),
    protocol: await known(nbd.getProtocol()),
    hasTls: await known(nbd.getTlsNegotiated()),
    hasStructuredReplies: await known(nbd.getStructuredRepliesNegotiated()),
    isReadOnly: await known(nbd.isReadOnly()),
  };
}

/** Measures what the handle asks its server. */
function metered(nbd: WorkerNBD, meter: Meter): WorkerNBD {
  const pread: WorkerNBD['pread'] = nbd.pread.bind(nbd);
  const blockStatusArrays: WorkerNBD['blockStatusArrays'] = nbd.blockStatusArrays.bind(nbd);
  return Object.assign(nbd, {
    pread: (...args: Parameters<typeof pread>) => meter.time(() => pread(...args)),
    blockStatusArrays: (...args: Parameters<typeof blockStatusArrays>) => meter.time(() => blockStatusArrays(...args)),
  });
}
