// Tells how far a copy has come.

export interface Progress {
  /** `verify` while what was copied is read back; `bytes` begins anew then. */
  phase: 'copy' | 'verify';
  /** How much is done, zeroes and what was skipped included, in bytes. */
  bytes: bigint;
  /** How much there is to do, in bytes; undefined for a stream that has not ended. */
  total: bigint | undefined;
  /** Bytes a second in the last few seconds. */
  rate: number;
}

export interface ProgressOptions {
  /** Called about ten times a second while the work goes on, and at its end. */
  progress?: ((progress: Progress) => void) | undefined;
}

/** Milliseconds between two reports, and how far back the rate looks. */
const between = 100;
const rateWindow = 5000;

export class Meter {
  readonly #callback: ((progress: Progress) => void) | undefined;
  #recent: { time: number; bytes: bigint }[];
  #bytes: bigint;
  readonly #phase: Progress['phase'];
  #total: bigint | undefined;

  constructor({ progress }: ProgressOptions, total: bigint | undefined, phase: Progress['phase'] = 'copy') {
    this.#callback = progress;
    this.#bytes = 0n;
    this.#phase = phase;
    this.#total = total;
    this.#recent = [{ time: performance.now(), bytes: 0n }];
  }

  get bytes(): bigint {
    return this.#bytes;
  }

  get total(): bigint | undefined {
    return this.#total;
  }

  /** What was done before the first report: no part of the rate. */
  begin(bytes: bigint): void {
    this.#bytes = bytes;
    this.#recent = [{ time: performance.now(), bytes }];
  }

  add(count: number | bigint): void {
    this.#bytes += BigInt(count);
    if (this.#callback === undefined) return;
    const time = performance.now();
    if (time - (this.#recent.at(-1)?.time ?? 0) >= between) this.#report(this.#callback, time);
  }

  /** The last report; it has the length of a stream, which is known now. */
  end(total = this.#total): void {
    this.#total = total;
    if (this.#callback !== undefined) this.#report(this.#callback, performance.now());
  }

  #report(callback: (progress: Progress) => void, time: number): void {
    this.#recent.push({ time, bytes: this.#bytes });
    while (this.#recent.length > 2 && time - (this.#recent[0]?.time ?? 0) > rateWindow) this.#recent.shift();
    const { time: since = time, bytes: before = this.#bytes } = this.#recent[0] ?? {};
    const seconds = (time - since) / 1000;
    callback({
      phase: this.#phase,
      bytes: this.#bytes,
      total: this.#total,
      rate: seconds > 0 ? Number(this.#bytes - before) / seconds : 0,
    });
  }
}
