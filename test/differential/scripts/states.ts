// Calls in a state that does not permit them: before connecting, once connected, after the end.
import { buffer, bytes, call, connect, note, type Script, type Step } from '../script.js';

/** Calls that a handle without a connection refuses. */
const needConnection: Step[] = [
  call('get_size'),
  call('get_block_size', 0),
  call('is_read_only'),
  call('can_flush'),
  call('can_fua'),
  call('is_rotational'),
  call('can_trim'),
  call('can_zero'),
  call('can_fast_zero'),
  call('can_df'),
  call('can_multi_conn'),
  call('can_cache'),
  call('can_meta_context', 'base:allocation'),
  call('get_protocol'),
  call('get_structured_replies_negotiated'),
  call('get_tls_negotiated'),
  call('get_canonical_export_name'),
  call('get_export_description'),
  call('pread', 512, 0),
  call('pread_structured', 512, 0, note('chunk')),
  call('pwrite', bytes(1, 2, 3), 0),
  call('flush'),
  call('trim', 512, 0),
  call('cache', 512, 0),
  call('zero', 512, 0),
  call('block_status', 512, 0, note('extent')),
  call('poll', 0),
  call('aio_pread', buffer('read', 4, 1), 0),
  call('buffer', 'read'),
  call('aio_pwrite', bytes(1), 0),
  call('aio_flush'),
  call('aio_disconnect'),
  call('aio_get_fd'),
  call('aio_get_direction'),
  call('aio_notify_read'),
  call('aio_notify_write'),
  call('aio_command_completed', 1),
  call('aio_peek_command_completed'),
  call('aio_in_flight'),
  call('kill_subprocess', 0),
];

const needOptionMode: Step[] = [
  call('opt_go'),
  call('opt_abort'),
  call('opt_info'),
  call('opt_list', note('list')),
  call('opt_list_meta_context', note('context')),
  call('aio_opt_go'),
  call('aio_opt_abort'),
  call('aio_opt_info'),
  call('aio_opt_list', note('list')),
  call('aio_opt_list_meta_context', note('context')),
];

const needNewHandle: Step[] = [
  connect,
  call('set_full_info', true),
  call('set_request_structured_replies', true),
  call('set_handshake_flags', 3),
  call('set_opt_mode', true),
  call('set_export_name', 'x'),
  call('set_tls', 0),
  call('set_tls_username', 'x'),
  call('set_uri_allow_transports', 1),
  call('add_meta_context', 'x:y'),
  call('clear_meta_contexts'),
];

const questions: Step[] = [
  'aio_is_created',
  'aio_is_connecting',
  'aio_is_negotiating',
  'aio_is_ready',
  'aio_is_processing',
  'aio_is_dead',
  'aio_is_closed',
].map((name) => call(name));

export const states: Script[] = [
  { name: 'not connected', steps: [...questions, ...needConnection, call('shutdown'), ...needOptionMode, ...questions] },
  {
    name: 'connected',
    server: ['memory', '1M'],
    steps: [connect, ...questions, ...needOptionMode, ...needNewHandle, call('aio_notify_write'), ...questions],
  },
  {
    name: 'in option mode',
    server: ['memory', '1M'],
    steps: [call('set_opt_mode', true), connect, ...questions, ...needConnection, ...needNewHandle],
  },
  {
    name: 'shut down',
    server: ['memory', '1M'],
    steps: [connect, call('shutdown'), call('shutdown'), ...questions, ...needConnection, ...needOptionMode, ...needNewHandle],
  },
  {
    name: 'descriptors that are not open',
    server: ['memory', '1M'],
    steps: [call('connect_socket', -1), call('connect_socket', 4711), call('aio_is_created'), connect, call('aio_is_ready')],
  },
  {
    name: 'nothing happens',
    server: ['memory', '1M'],
    steps: [connect, call('poll', 0), call('poll', 1), call('aio_is_ready')],
  },
];
