// The journal of a copy to a file: NAME.resume beside it, as JSON.
import { type BigIntStats, constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Journal, JournalSource, JournalState } from '../../copy/journal.js';
import type { Range } from '../../disk/ranges.js';
import { openOwn } from './own_file.js';

/** A longer file is none: this is some 400,000 ranges. */
const longestJournal = 2 ** 24;

interface Written {
  readonly version: 1;
  readonly source: { readonly size: string; readonly identity: string | null; readonly selection: string | null };
  readonly file: string;
  readonly isZero: boolean;
  /** Start and end of each range. */
  readonly done: readonly (readonly [string, string])[];
}

export class FileJournal implements Journal {
  readonly #path: string;
  readonly #file: string;
  readonly #size: bigint;

  /** @param stats Those of the file that is written, before the copy begins. */
  constructor(name: string, { dev, ino, birthtimeNs, size }: BigIntStats) {
    this.#path = `${name}.resume`;
    this.#file = `${dev}:${ino} ${birthtimeNs}`;
    this.#size = size;
  }

  get #next(): string {
    return `${this.#path}.new`;
  }

  async load(source: JournalSource): Promise<JournalState | undefined> {
    const found = await this.#read();
    const expected = { version: 1, source: written(source), file: this.#file };
    const { version, source: of, file, isZero, done } = found ?? {};
    if (JSON.stringify({ version, source: of, file }) !== JSON.stringify(expected) || this.#size !== source.size)
      return undefined;
    const ranges = rangesOf(done, source.size);
    return ranges && { done: ranges, isZero: isZero === true };
  }

  /** Undefined for what is not JSON, and for what others have put there. */
  async #read(): Promise<Partial<Written> | null | undefined> {
    const handle = await openOwn(this.#path, constants.O_RDONLY);
    if (handle === undefined) return undefined;
    try {
      return (await handle.stat()).size > longestJournal ? undefined : JSON.parse(await handle.readFile('utf8'));
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    } finally {
      await handle.close();
    }
  }

  /** Takes the old one's place at once, so that a kill leaves one of them whole. */
  async save(source: JournalSource, { done, isZero }: JournalState): Promise<void> {
    const ranges = [...done].map(({ start, end }) => [String(start), String(end)] as const);
    const json: Written = { version: 1, source: written(source), file: this.#file, isZero, done: ranges };
    await rm(this.#next, { force: true }); // whatever is there: a file of our own takes its place
    const file = await open(this.#next, 'wx');
    try {
      await file.writeFile(`${JSON.stringify(json)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(this.#next, this.#path);
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
    await rm(this.#next, { force: true }); // of a copy that was killed while it saved
  }
}

const written = ({ size, identity, selection }: JournalSource): Written['source'] => ({
  size: String(size),
  identity: identity ?? null,
  selection: selection ?? null,
});

/** Undefined for what this class has not written. */
function rangesOf(done: unknown, size: bigint): Range[] | undefined {
  if (!Array.isArray(done)) return undefined;
  const ranges: Range[] = [];
  for (const pair of done as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((value) => /^\d+$/.test(String(value)))) return undefined;
    const [start, end] = [BigInt(pair[0]), BigInt(pair[1])];
    if (start >= end || end > size || start < (ranges.at(-1)?.end ?? 0n)) return undefined;
    ranges.push({ start, end });
  }
  return ranges;
}
