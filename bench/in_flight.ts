// What the competitors written in JavaScript share: their command line, and the loop that peers/native.c has in C.

export interface Job {
  transport: string;
  address: string;
  operation: string;
  size: number;
  inFlight: number;
  seconds: number;
  warmUp: number;
}

/** What a competitor prints. */
export interface Measurement {
  readonly bytes: number;
  readonly requests: number;
  readonly seconds: number;
  /** CPU seconds: of the proxy, where one is measured, and else of the competitor's own process. */
  readonly cpu?: number;
  /** Bytes of the heap that a request leaves to the garbage collector; of a run for that alone. */
  readonly garbage?: number;
}

/** The command line of a competitor: `unix PATH|tcp HOST:PORT read|write SIZE IN-FLIGHT SECONDS WARM-UP`. */
export function jobFromArguments(args = process.argv.slice(2)): Job {
  const [transport = '', address = '', operation = '', size, inFlight, seconds, warmUp] = args;
  return {
    transport,
    address,
    operation,
    size: Number(size),
    inFlight: Number(inFlight),
    seconds: Number(seconds),
    warmUp: Number(warmUp),
  };
}

export function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

/** One request, on the slot and the byte offset given. */
export type Request = (slot: number, offset: number) => Promise<unknown>;

/** Keeps `job.inFlight` requests in flight, first to warm up and then measured; what they moved, and what `meter` counted meanwhile. */
export async function measure(
  job: Job,
  diskSize: number,
  request: Request,
  meter: (() => number) | undefined = ownCpu,
): Promise<Measurement> {
  let nextOffset = 0;
  let requests = 0;

  const run = async (seconds: number): Promise<number> => {
    const start = performance.now();
    const end = start + seconds * 1000;
    requests = 0;
    const keepOneInFlight = async (_: unknown, slot: number) => {
      while (performance.now() < end) {
        const offset = nextOffset;
        nextOffset += job.size;
        if (nextOffset + job.size > diskSize) nextOffset = 0;
        await request(slot, offset);
        requests++;
      }
    };
    await Promise.all(Array.from({ length: job.inFlight }, keepOneInFlight));
    return (performance.now() - start) / 1000;
  };

  await run(job.warmUp);
  const before = meter?.();
  const seconds = await run(job.seconds);
  const cpu = meter === undefined || before === undefined ? {} : { cpu: meter() - before };
  const measurement = { bytes: requests * job.size, requests, seconds, ...cpu };
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) return measurement;
  gc();
  const heap = process.memoryUsage().heapUsed;
  await run(garbageSeconds);
  return { ...measurement, garbage: (process.memoryUsage().heapUsed - heap) / requests };
}

/** For less than fills the part of the heap that new objects are in: nothing is collected meanwhile. */
const garbageSeconds = 0.1;

/** CPU seconds of this process; undefined in a page. */
const ownCpu =
  typeof process === 'undefined'
    ? undefined
    : () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      };
