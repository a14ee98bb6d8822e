// The way to the files of a disk: which parts of it may have some, and the code that shows them, which is loaded when somebody asks for it.
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Content, Probe } from '../probe/types.js';
import type { FilesVolume } from './files_place.js';
import { contentInWords } from './probing.js';
import { type Problem, reasonOf } from './problems.js';

/** The parts of a disk that have a file system, whether it can be read or not: the code that reads them knows better. */
export function volumesOf(found: Probe | undefined): FilesVolume[] {
  if (found === undefined) return [];
  const { content, partitions, size } = found;
  const hasFiles = (content: Content | undefined) => content?.usage === 'filesystem';
  const parts = partitions.flatMap(({ number, start, size, content, extended }) =>
    extended || !hasFiles(content)
      ? []
      : [{ partition: number, start, size, type: content?.type, title: `partition ${number}, ${contentInWords(content)}` }],
  );
  if (!hasFiles(content)) return parts;
  const whole = { partition: undefined, start: 0n, size, type: content?.type };
  return [{ ...whole, title: `the whole disk, ${contentInWords(content)}` }, ...parts];
}

export class FilesCode implements ReactiveController {
  state: 'none' | 'loading' | 'loaded' | 'failed' = 'none';
  problem: Problem | undefined;
  readonly #host: ReactiveControllerHost;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {}

  /** Loads the elements, once; after a failure, once more. */
  async load(): Promise<void> {
    if (this.state === 'loading' || this.state === 'loaded') return;
    this.state = 'loading';
    this.problem = undefined;
    try {
      await import('./files/index.js');
      this.state = 'loaded';
    } catch (error) {
      this.state = 'failed';
      this.problem = {
        what: 'The part of this page that shows files could not be loaded',
        todo: 'See whether the server that this page came from still runs, and load the page again.',
        why: reasonOf(error),
        remedy: 'again',
      };
    }
    this.#host.requestUpdate();
  }
}
