// Changes that are being repeated, since their connection had ended. Calls that overlap one wait until it is done.
import type { Range } from '../disk/ranges.js';

interface Repeat extends Range {
  readonly done: Promise<void>;
}

export class Repeats {
  /** In their order. */
  readonly #list = new Set<Repeat>();

  get isEmpty(): boolean {
    return this.#list.size === 0;
  }

  /** Resolves when those that overlap a range are done. */
  async over(range: Range): Promise<void> {
    await Promise.all(this.#overlapping(range));
  }

  /** A change is to be repeated: `before` are those that come before it, `done` is called when it is done. */
  add(range: Range): { before: Promise<unknown>; done: () => void } {
    const before = Promise.all(this.#overlapping(range));
    let resolve = () => {};
    const done = new Promise<void>((settle) => {
      resolve = settle;
    });
    const repeat = { ...range, done };
    this.#list.add(repeat);
    return {
      before,
      done: () => {
        this.#list.delete(repeat);
        resolve();
      },
    };
  }

  #overlapping({ start, end }: Range): Promise<void>[] {
    return [...this.#list].flatMap((other) => (other.start < end && start < other.end ? [other.done] : []));
  }
}
