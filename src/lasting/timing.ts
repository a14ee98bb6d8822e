// Clock, timers and chance, which tests replace.

export interface Timing {
  /** Milliseconds since whenever. */
  now(): number;
  /** From 0 to 1, as Math.random. */
  random(): number;
  /** Does something after so many milliseconds. Returns what takes that back. */
  after(milliseconds: number, action: () => void): () => void;
  /** As `after`, for what a program does not stay alive for. */
  meanwhile(milliseconds: number, action: () => void): () => void;
}

export const platformTiming: Timing = {
  now: () => performance.now(),
  random: () => Math.random(),
  after: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
  meanwhile: (milliseconds, action) => {
    const timer: unknown = setTimeout(action, milliseconds);
    // Node's timers are objects, and keep the program alive; a page's are numbers.
    (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer as number);
  },
};
