// The code that shows files, and images as disks. It is loaded when somebody asks for it.
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { type Problem, reasonOf } from './problems.js';

/** A part of the page could not be loaded. */
export const notLoaded = (error: unknown): Problem => ({
  what: 'The part of this page that shows files could not be loaded',
  todo: 'See whether the server that this page came from still runs, and load the page again.',
  why: reasonOf(error),
  remedy: 'again',
});

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
      await import('./later.js');
      this.state = 'loaded';
    } catch (error) {
      this.state = 'failed';
      this.problem = notLoaded(error);
    }
    this.#host.requestUpdate();
  }
}
