// src/generated/local_calls.ts: the calls that only make sense beside libnbd, and that no handle in a worker has.
import { camelCase } from './names.js';
import type { Api, Call } from './schema.js';

const others = new Set(['poll', 'poll2', 'set_debug_callback', 'clear_debug_callback']);

/** What an aio call tells of the handle's state, a page may ask a worker as well. */
const tellsState = ({ name }: Call) => name.startsWith('aio_is_') || name === 'aio_in_flight';

export function localCalls(api: Api): string {
  const names = api.calls.flatMap((call) => {
    const name = camelCase(call.name);
    if (others.has(call.name) || (call.name.startsWith('aio_') && !tellsState(call))) return [name];
    return call.args.some(({ kind }) => kind === 'BytesOut') ? [`${name}Into`] : []; // it fills the caller's memory
  });
  return `export const localCalls = [\n${names.map((name) => `  '${name}',\n`).join('')}] as const;
export type LocalCall = (typeof localCalls)[number];
`;
}
