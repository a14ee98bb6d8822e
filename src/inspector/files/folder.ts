// A directory while it is read, and after.
import type { FileSystem } from '../../files/file_system.js';
import type { DirectoryEntry } from '../../files/types.js';
import { type Failure, failureOf } from './failure.js';
import { diskPath, joined, nameInPath, shown } from './names.js';

export interface FileRow {
  readonly path: string;
  /** For people. */
  readonly name: string;
  readonly entry: DirectoryEntry;
}

/** So many names are told of at first; then whenever there are twice as many. */
const firstTold = 32;

export class Folder {
  readonly path: string;
  readonly rows: FileRow[] = [];
  state: 'reading' | 'read' | 'failed' = 'reading';
  failure: Failure | undefined;
  /** Grows with each change. */
  version = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Never rejects: what goes wrong stands in `failure`, beside the names that came before it. */
  async read(files: Promise<FileSystem>, signal: AbortSignal, onChange: () => void): Promise<void> {
    let next = firstTold;
    const tell = () => {
      this.version++;
      onChange();
    };
    try {
      for await (const entry of (await files).readdir(diskPath(this.path), { signal })) {
        const name = nameInPath(entry);
        this.rows.push({ path: joined(this.path, name), name: shown(name), entry });
        if (this.rows.length < next) continue;
        next *= 2;
        tell();
      }
      this.state = 'read';
    } catch (error) {
      if (signal.aborted) return; // nobody looks at it any more
      this.state = 'failed';
      this.failure = failureOf(error);
    }
    tell();
  }
}
