// Who writes which bytes of a disk: a block that is read, changed and written back must not be written by another meanwhile.

interface Held {
  readonly start: bigint;
  readonly end: bigint;
  readonly released: Promise<void>;
}

const locks = new WeakMap<object, BlockLocks>();

export class BlockLocks {
  /** In their order; who comes later waits for those before that overlap. */
  readonly #held = new Set<Held>();

  /** The locks that all writers of a disk share. */
  static of(disk: object): BlockLocks {
    const known = locks.get(disk) ?? new BlockLocks();
    locks.set(disk, known);
    return known;
  }

  /** Runs an action while nobody else holds a byte of the range. */
  async hold(start: bigint, end: bigint, action: () => Promise<void>): Promise<void> {
    const before = [...this.#held].filter((other) => other.start < end && start < other.end);
    let release = () => {};
    const own = {
      start,
      end,
      released: new Promise<void>((resolve) => {
        release = resolve;
      }),
    };
    this.#held.add(own);
    try {
      await Promise.all(before.map(({ released }) => released));
      await action();
    } finally {
      this.#held.delete(own);
      release();
    }
  }
}
