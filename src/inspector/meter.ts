// Measures the requests to a disk: bytes, how many are in flight, how long they take.

/** What happened in one interval. */
export interface Sample {
  /** Seconds since the page was opened. */
  readonly time: number;
  readonly bytesPerSecond: number;
  /** The most that there were at once. */
  readonly inFlight: number;
}

/** The latest so many are what the percentiles are of. */
const keptLatencies = 1024;

export class Meter {
  bytes = 0;
  requests = 0;
  failed = 0;
  inFlight = 0;
  #mostInFlight = 0;
  #bytesBefore = 0;
  #timeBefore = performance.now();
  readonly #latencies: number[] = [];
  #next = 0;

  /** Measures a request; what it brings counts by its length in bytes. */
  async time<T>(request: () => Promise<T>): Promise<T> {
    const start = performance.now();
    this.requests++;
    this.inFlight++;
    this.#mostInFlight = Math.max(this.#mostInFlight, this.inFlight);
    try {
      const result = await request();
      if (ArrayBuffer.isView(result)) this.bytes += result.byteLength;
      this.#latencies[this.#next] = performance.now() - start;
      this.#next = (this.#next + 1) % keptLatencies;
      return result;
    } catch (error) {
      this.failed++;
      throw error;
    } finally {
      this.inFlight--;
    }
  }

  /** What happened since the last call. */
  sample(): Sample {
    const now = performance.now();
    const seconds = Math.max(now - this.#timeBefore, 1) / 1000;
    const sample = {
      time: now / 1000,
      bytesPerSecond: (this.bytes - this.#bytesBefore) / seconds,
      inFlight: Math.max(this.#mostInFlight, this.inFlight),
    };
    this.#bytesBefore = this.bytes;
    this.#timeBefore = now;
    this.#mostInFlight = this.inFlight;
    return sample;
  }

  /** The latency, in milliseconds, that so much of the latest requests stayed below; undefined before the first. */
  percentile(share: number): number | undefined {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  }
}
