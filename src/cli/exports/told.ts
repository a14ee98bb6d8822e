// The exports that a command tells of: the one that its URI names, or all that the server lists. An export that the server refuses is
// told on standard error, and the others are told all the same.
import { type NBD, NBDError } from '../../node.js';
import { isUpstream } from '../called.js';
import { complain } from '../printing/output.js';
import { type Target, withConnection } from '../servers/connect.js';
import type { Limits } from '../servers/patience.js';
import { askAboutExport, type ExportFacts, factsOf, type Session, type Wanted } from './facts.js';

export interface Found {
  readonly exports: readonly ExportFacts[];
  /** None was refused. */
  readonly isComplete: boolean;
}

/** Runs some work on another connection to the same server. */
export type Reconnect = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

/** Connects in option mode, so that the server can be asked about any of its exports. */
export function askServer<T>(
  target: Target,
  limits: Limits,
  work: (session: Session, reconnect: Reconnect) => Promise<T>,
): Promise<T> {
  const prepare = (nbd: NBD) => {
    nbd.setOptMode(true);
    nbd.setFullInfo(true);
    nbd.setRequestMetaContext(false); // contexts are listed, and none is used
  };
  const connect: Reconnect = (once) => withConnection(target, limits, prepare, (nbd, patience) => once({ nbd, patience }));
  return connect((session) => work(session, connect));
}

/** What is asked of each export. */
type Asked = Omit<Wanted, 'isShared'>;

/** Where the server refuses it, upstream's program tells of the connection all the same. */
export async function namedExport(session: Session, asked: Asked): Promise<Found> {
  const wanted = { ...asked, isShared: false };
  if (!isUpstream) {
    const refusal = await askAboutExport(session);
    if (refusal !== undefined) throw new Error(refusalText(session.nbd, refusal), { cause: refusal });
    return { exports: [await factsOf(session, wanted)], isComplete: true };
  }
  const facts = await factsOrComplaint(session, wanted);
  if (facts !== undefined) return { exports: [facts], isComplete: true };
  complain('suggestion: to list all exports on the server, use --list');
  return { exports: [], isComplete: false };
}

/**
 * One connection is asked about all exports, unless the content is wanted: it is read on a connection for each. So the size of an
 * export of nbd-server's is known only with the content: not every server takes a second connection beside the first.
 */
export async function listedExports(session: Session, asked: Asked, reconnect: Reconnect): Promise<Found> {
  const exports: ExportFacts[] = [];
  let isComplete = true;
  for (const { name, description } of await listOf(session)) {
    const tell = (one: Session, isShared: boolean) => {
      one.nbd.setExportName(name);
      return factsOrComplaint(one, { ...asked, isShared }, description);
    };
    const facts = await (asked.content ? reconnect((one) => tell(one, false)) : tell(session, true));
    if (facts === undefined) isComplete = false;
    else exports.push(facts);
  }
  return { exports, isComplete };
}

async function listOf({ nbd, patience }: Session): Promise<{ name: string; description: string }[]> {
  if (!nbd.aioIsNegotiating() && !isUpstream) {
    throw new Error('the server speaks the oldstyle protocol, which knows no list: it has one export, which info tells of');
  }
  const listed: { name: string; description: string }[] = [];
  const add = (name: string, description: string) => {
    listed.push({ name, description });
    patience.renew();
  };
  await patience.hear(nbd.optList(add, { signal: patience.signal }));
  return listed;
}

async function factsOrComplaint(session: Session, wanted: Wanted, listed?: string): Promise<ExportFacts | undefined> {
  const refusal = await askAboutExport(session);
  if (refusal === undefined) return factsOf(session, wanted, listed);
  complain(refusalText(session.nbd, refusal));
  return undefined;
}

export function refusalText(nbd: NBD, refusal: NBDError): string {
  const name = nbd.getExportName();
  return `${refusal.message} for ${name === '' ? 'the default export' : `export: ${name}`}`;
}

/**
 * Asks about the export that is set, and returns what a call then tells. Where the server has refused the export, upstream's programs
 * say that the call has nothing to tell; ours say why.
 */
export async function askFor<T>(session: Session, call: () => T | Promise<T>): Promise<T> {
  const refusal = await askAboutExport(session);
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof NBDError) || refusal === undefined || isUpstream) throw error;
    throw new Error(refusalText(session.nbd, refusal), { cause: refusal });
  }
}
