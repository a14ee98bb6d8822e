// How a connection ends: by disconnecting, by shutting down, by the server's death, and what can be asked afterwards. What a
// closed handle answers has no counterpart: the Python binding of 1.14 has no close.
import {
  answered,
  buffer,
  bytes,
  call,
  connect,
  note,
  retire,
  type Script,
  type Step,
  withCompletion,
  withFlags,
} from '../script.js';

const after: Step[] = [
  call('aio_is_closed'),
  call('aio_is_dead'),
  call('aio_get_direction'),
  call('get_size'),
  call('get_protocol'),
  call('is_read_only'),
  call('get_export_name'),
  call('pread', 4, 0),
  call('shutdown'),
  call('aio_disconnect'),
  call('aio_get_fd'),
  call('poll', 0),
  call('aio_in_flight'),
  call('aio_peek_command_completed'),
];

/** A server that is gone as soon as a method of its script is called. */
const dying = (method: string): string[] => [
  'eval',
  ...['get_size=echo 1M', 'pread=exit 1', 'list_exports=echo a'].filter((option) => !option.startsWith(method)),
  `${method}=kill -9 $PPID`,
];

export const ending: Script[] = [
  { name: 'shut down', server: ['memory', '1M'], steps: [connect, call('pwrite', bytes(1), 0), call('shutdown'), ...after] },
  {
    name: 'shut down, abandoning what is pending',
    server: ['memory', '1M'],
    steps: [connect, withFlags(0x10000, call('shutdown')), ...after],
  },
  {
    name: 'disconnected',
    server: ['memory', '1M'],
    steps: [
      connect,
      call('aio_disconnect'),
      call('aio_disconnect'),
      call('aio_flush'),
      call('pread', 4, 0),
      call('shutdown'),
      ...after,
    ],
  },
  {
    name: 'shut down with a read in flight',
    server: ['pattern', '1M'],
    steps: [connect, call('aio_pread', buffer('a', 8), 8), call('shutdown'), call('aio_in_flight')],
  },
  {
    name: 'the server dies of a read',
    server: dying('pread'),
    steps: [connect, call('pread', 4, 0), ...after],
  },
  {
    name: 'the server dies of a read in the background',
    server: dying('pread'),
    steps: [
      connect,
      withCompletion(note('completion'), call('aio_pread', buffer('a', 8, 1), 8)),
      withCompletion(note('second', { returns: 1 }), call('aio_pread', buffer('b', 8, 1), 8)),
      retire(1),
      call('aio_command_completed', 2),
      call('buffer', 'a'),
      ...after,
    ],
  },
  {
    name: 'the server dies before it has an export',
    server: dying('get_size'),
    steps: [connect, ...after, call('aio_is_connecting')],
  },
  ...['opt_info', 'opt_go'].map((option) => ({
    name: `the server dies of ${option}`,
    server: dying('get_size'),
    steps: [call('set_opt_mode', true), connect, call(option), ...after],
  })),
  {
    name: 'the server dies of opt_list',
    server: dying('list_exports'),
    steps: [call('set_opt_mode', true), connect, call('opt_list', note('list')), ...after],
  },
  {
    name: 'the server dies of aio_opt_go',
    server: dying('get_size'),
    steps: [call('set_opt_mode', true), connect, answered(withCompletion(note('completion'), call('aio_opt_go'))), ...after],
  },
];
