// What a stream brings, until its end or the abort.
import { abortable } from '../base/abort.js';
import type { SequentialSource } from './ends.js';

export async function* chunks(source: SequentialSource, signal: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
  for (;;) {
    const chunk = await abortable(source.read(), signal);
    if (chunk === undefined) return;
    yield chunk;
  }
}
