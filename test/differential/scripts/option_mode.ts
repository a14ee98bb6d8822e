// Option mode: each call of it, and in which order they may come.
import { answered, call, connect, note, type Script, type Step, withCompletion } from '../script.js';

const negotiating = [call('set_opt_mode', true), connect];
const known: Step[] = [call('get_size'), call('is_read_only'), call('can_meta_context', 'base:allocation')];
const list = call('opt_list', note('list'));
const listContexts = call('opt_list_meta_context', note('context'));

const byName = [
  'eval',
  'open=if test "$3" = a; then echo ENOENT export not available >&2; exit 1; fi; echo "$3"',
  'get_size=printf %s "$2" | wc -c',
  'can_write=test "$2" = b || exit 3',
  'pread=exit 1',
  'pwrite=exit 1',
];

const lists: Record<string, string> = {
  'two exports': 'echo NAMES; echo a; echo b',
  none: 'echo NAMES',
  'with descriptions': 'echo INTERLEAVED; echo a; echo the first; echo b; echo the second',
  refused: 'echo EINVAL no >&2; exit 1',
};

export const optionMode: Script[] = [
  ...Object.entries(lists).map(([name, script]) => ({
    name: `the list of exports: ${name}`,
    server: ['eval', `list_exports=${script}`, 'get_size=echo 512', 'pread=exit 1'],
    steps: [...negotiating, list, call('aio_is_negotiating'), call('opt_abort'), call('aio_is_closed')],
  })),
  {
    name: 'information, and going on',
    server: byName,
    steps: [
      ...negotiating,
      call('add_meta_context', 'base:allocation'),
      ...known,
      call('opt_info'),
      ...known,
      call('set_export_name', 'b'),
      ...known,
      call('set_export_name', 'a'),
      call('opt_info'),
      ...known,
      call('opt_go'),
      ...known,
      call('aio_is_negotiating'),
      call('set_export_name', 'good'),
      call('opt_go'),
      ...known,
      call('aio_is_ready'),
      call('set_export_name', 'a'),
      call('get_export_name'),
      call('opt_info'),
      ...known,
    ],
  },
  {
    name: 'the list of metadata contexts',
    server: ['memory', '1M'],
    steps: [
      ...negotiating,
      listContexts,
      call('add_meta_context', 'x-nosuch:'),
      listContexts,
      call('add_meta_context', 'base:allocation'),
      listContexts,
      call('clear_meta_contexts'),
      call('add_meta_context', 'base:'),
      listContexts,
      call('opt_go'),
      ...known,
    ],
  },
  {
    name: 'plain newstyle',
    server: ['--mask-handshake=0', 'memory', '1M'],
    steps: [
      ...negotiating,
      call('aio_is_negotiating'),
      call('get_protocol'),
      list,
      listContexts,
      call('opt_info'),
      call('opt_go'),
      call('aio_is_ready'),
      call('pread', 4, 0),
    ],
  },
  {
    name: 'plain newstyle, aborted',
    server: ['--mask-handshake=0', 'memory', '1M'],
    steps: [...negotiating, call('opt_abort'), call('aio_is_dead'), call('aio_is_closed'), call('get_size')],
  },
  { name: 'oldstyle has none', server: ['--oldstyle', 'memory', '1M'], steps: [...negotiating, call('aio_is_ready'), list] },
  {
    name: 'in the background',
    server: ['eval', 'list_exports=echo NAMES; echo a; echo b', 'get_size=echo 512', 'pread=exit 1'],
    steps: [
      ...negotiating,
      answered(withCompletion(note('completion'), call('aio_opt_list', note('list')))),
      answered(withCompletion(note('completion'), call('aio_opt_list_meta_context', note('context')))),
      answered(withCompletion(note('completion'), call('aio_opt_info'))),
      answered(withCompletion(note('completion', { returns: 1 }), call('aio_opt_go'))),
      call('aio_is_ready'),
      call('get_size'),
    ],
  },
  {
    name: 'in the background, aborted',
    server: ['memory', '1M'],
    steps: [...negotiating, answered(call('aio_opt_abort')), call('aio_is_closed')],
  },
  {
    name: 'in option mode, shut down',
    server: ['memory', '1M'],
    steps: [...negotiating, call('shutdown'), call('aio_is_closed')],
  },
  {
    name: 'refused in the background',
    server: [...byName, 'list_exports=echo EINVAL no >&2; exit 1'],
    steps: [
      ...negotiating,
      answered(withCompletion(note('completion'), call('aio_opt_list', note('list')))),
      call('set_export_name', 'a'),
      answered(withCompletion(note('completion'), call('aio_opt_info'))),
      answered(withCompletion(note('completion', { returns: -1, error: 'EIO' }), call('aio_opt_go'))),
      call('aio_is_negotiating'),
    ],
  },
  {
    name: 'callbacks that report errors',
    server: ['eval', 'list_exports=echo NAMES; echo a; echo b', 'get_size=echo 512', 'pread=exit 1'],
    steps: [
      ...negotiating,
      call('opt_list', note('list', { returns: -1 })),
      call('opt_list_meta_context', note('context', { returns: -1 })),
    ],
  },
];
