// Errors of streams and child processes before somebody listens to them: while the code of a copy is loaded, or its other end is opened. Node
// would throw them as uncaught.
import { EventEmitter } from 'node:events';

const errors = new WeakMap<object, Error>();

/** Keeps the first error of each of the ends that emit one, until the work is done. */
export async function keepingErrors<T>(ends: readonly unknown[], work: () => Promise<T>): Promise<T> {
  const emitters = ends.flatMap((end) => (end instanceof EventEmitter ? [end] : []));
  const forget = emitters.map((emitter) => {
    const emitterOnError = (error: Error) => {
      if (!errors.has(emitter)) errors.set(emitter, error);
    };
    emitter.on('error', emitterOnError);
    return () => emitter.off('error', emitterOnError);
  });
  try {
    return await work();
  } finally {
    for (const one of forget) one();
  }
}

/** The error that an end has had; undefined for none. */
export const earlyError = (end: object): Error | undefined => errors.get(end);
