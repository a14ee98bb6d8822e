// Long sequences of calls that nobody thought of, the same each time: requests of all kinds inside and outside the export, waiting
// and in the background.
import { numbers } from '../../support/numbers.js';
import { bytes, call, connect, note, type Script, type Step, withCompletion, withFlags } from '../script.js';

const size = 65536;

function steps(seed: number, count: number): Step[] {
  const below = numbers(seed);
  const one = <T>(...choices: readonly T[]): T => choices[below(choices.length)] as T;
  const offset = () => one(below(size), below(size), below(size / 512) * 512, size - 1, size, size + below(1000));
  const length = () => one(1, 512, 4096, 1 + below(8192), 1 + below(8192), 0, size, 2 ** 32);
  const shortLength = () => Math.min(length(), size);
  const flags = () => one(0, 0, 0, 1, 2, 3, 4, 8, 16, 64, 0x10000);
  const answer = () => one({}, {}, {}, { returns: -1 }, { returns: -1, error: 'EIO' }, { error: 'ENOSPC' });

  const kinds: (() => Step)[] = [
    () => call('pread', shortLength(), offset()),
    () => withFlags(flags(), call('pread_structured', shortLength(), offset(), note('chunk', answer()))),
    () => withFlags(flags(), call('pwrite', bytes(...Array.from({ length: below(64) }, () => below(256))), offset())),
    () => withFlags(flags(), call('zero', length(), offset())),
    () => withFlags(flags(), call('trim', length(), offset())),
    () => withFlags(flags(), call('cache', length(), offset())),
    () => withFlags(flags(), call('flush')),
    () => withFlags(flags(), call('block_status', length(), offset(), note('extent', answer()))),
    () =>
      call(one('get_size', 'aio_in_flight', 'aio_peek_command_completed', 'aio_is_ready', 'aio_get_direction', 'get_protocol')),
    () => call('set_strict_mode', below(32)),
    () => call('set_pread_initialize', one(true, false)),
  ];
  const inBackground = (): Step => {
    const name = `buffer ${below(1000000)}`;
    const buffer = { buffer: name, size: Math.max(1, Math.min(shortLength(), 4096)), filled: 0 };
    const step = one(
      () => call('aio_pread', buffer, offset()),
      () => call('aio_pread_structured', buffer, offset(), note(`chunk of ${name}`, answer())),
      () => withFlags(flags(), call('aio_zero', length(), offset())),
      () => withFlags(flags(), call('aio_trim', length(), offset())),
      () => withFlags(flags(), call('aio_pwrite', bytes(below(256)), offset())),
      () => withFlags(flags(), call('aio_block_status', length(), offset(), note(`extent of ${name}`, answer()))),
      () => call('aio_flush'),
    )();
    return withCompletion(note(`completion of ${name}`, one({}, {}, { returns: -1, error: 'EIO' }, { error: 'ENOSPC' })), step);
  };

  const script: Step[] = [call('add_meta_context', 'base:allocation'), connect];
  while (script.length < count) {
    if (below(4) > 0) script.push(one(...kinds)());
    else script.push(...Array.from({ length: 1 + below(8) }, inBackground), call('retire_all'));
  }
  return [...script, call('pread', 65536, 0), call('shutdown'), call('aio_is_closed')];
}

/** One request after the other, so that both sides see the same order of replies. */
const server = ['--filter=noparallel', 'memory', String(size)];

export const random: Script[] = [1, 2, 3, 4, 5, 6].map((seed) => ({ name: `sequence ${seed}`, server, steps: steps(seed, 300) }));
