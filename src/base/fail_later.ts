// Errors whose stack leads to whoever awaits the call.

/**
 * A promise that rejects with the error that `make` gives. V8 writes the async functions that await a promise into the stack of an error
 * only if the error is made in a continuation that leads to them: so a promise that was resolved with this one rejects with an error
 * whose stack has the lines `at async …` of the caller. Two turns later, since the promise has to be connected first.
 */
export async function failLater(make: () => unknown): Promise<never> {
  await undefined;
  await undefined;
  throw toldFrom(failLater, make());
}

/** Begins the stack of an error with whoever called `above`: V8 writes ten lines, and this library's own would fill them. */
export function toldFrom(above: (...args: never[]) => unknown, error: unknown): unknown {
  if (error instanceof Error) captureStackTrace?.(error, above);
  return error;
}

/** V8's own, which leaves out the frames of this library. */
const { captureStackTrace } = Error as { captureStackTrace?: (error: Error, above: (...args: never[]) => unknown) => void };
