// Getters and setters of a handle that is not connected, and what they refuse.
import { call, type Script } from '../script.js';

const everyGetter = [
  'get_debug',
  'get_export_name',
  'get_full_info',
  'get_handshake_flags',
  'get_meta_context',
  'get_nr_meta_contexts',
  'get_opt_mode',
  'get_package_name',
  'get_pread_initialize',
  'get_private_data',
  'get_request_block_size',
  'get_request_structured_replies',
  'get_strict_mode',
  'get_tls',
  'get_tls_verify_peer',
].map((name) => (name === 'get_meta_context' ? call(name, 0) : call(name)));

const booleans = ['full_info', 'opt_mode', 'pread_initialize', 'request_block_size', 'request_structured_replies'];

export const settings: Script[] = [
  { name: 'what a new handle is set to', steps: everyGetter },
  {
    name: 'booleans',
    steps: booleans.flatMap((name) => [
      call(`set_${name}`, true),
      call(`get_${name}`),
      call(`set_${name}`, false),
      call(`get_${name}`),
    ]),
  },
  {
    name: 'names',
    steps: ['name', '', '/', 'größe', 'a b\n', 'x'.repeat(4096), 'x'.repeat(4097), 'ü'.repeat(2049)].flatMap((name) => [
      call('set_export_name', name),
      call('get_export_name'),
    ]),
  },
  {
    name: 'other names, and a number',
    steps: [
      call('set_tls_username', 'alice'), // without one it is the user's own name, which is the platform's affair
      call('get_tls_username'),
      call('set_handle_name', 'source'),
      call('get_handle_name'),
      call('set_private_data', 42),
      call('set_private_data', 43),
      call('get_private_data'),
    ],
  },
  {
    name: 'enums and bit masks outside their values',
    steps: [
      call('set_tls', 3),
      call('set_tls', -1),
      call('get_tls'),
      call('set_handshake_flags', 4),
      call('set_handshake_flags', 7),
      call('set_handshake_flags', 2 ** 31),
      call('get_handshake_flags'),
      call('set_handshake_flags', 0),
      call('get_handshake_flags'),
      call('set_strict_mode', 2 ** 16),
      call('set_strict_mode', 5),
      call('get_strict_mode'),
      call('set_uri_allow_transports', 16),
      call('set_uri_allow_transports', 1),
      call('set_uri_allow_tls', 9),
      call('set_uri_allow_tls', 1),
      call('set_uri_allow_local_file', true),
    ],
  },
  {
    name: 'metadata contexts',
    steps: [
      call('clear_meta_contexts'),
      call('add_meta_context', 'base:allocation'),
      call('add_meta_context', 'x-test:one'),
      call('add_meta_context', ''),
      call('add_meta_context', 'x'.repeat(4097)),
      call('get_nr_meta_contexts'),
      call('get_meta_context', 0),
      call('get_meta_context', 2),
      call('get_meta_context', 3),
      call('clear_meta_contexts'),
      call('get_nr_meta_contexts'),
      call('get_meta_context', 0),
      call('can_meta_context', 'base:allocation'),
    ],
  },
];
