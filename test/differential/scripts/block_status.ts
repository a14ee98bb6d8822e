// Block status: extents, their flags, and what callbacks answer.
import { call, connect, note, type Script, withFlags } from '../script.js';

const REQ_ONE = 8;
const server = [
  'eval',
  'get_size=echo 65536',
  'pread=exit 1',
  'can_extents=exit 0',
  'extents=echo 0 8192; echo 8192 8192 hole; echo 16384 16384 hole,zero; echo 32768 16384 zero; echo 49152 16384',
];
const contexts = [call('add_meta_context', 'base:allocation'), call('add_meta_context', 'x-test:nosuch')];

export const blockStatus: Script[] = [
  {
    name: 'extents',
    server,
    steps: [
      ...contexts,
      connect,
      call('can_meta_context', 'base:allocation'),
      call('can_meta_context', 'x-test:nosuch'),
      call('block_status', 65536, 0, note('extent')),
      call('block_status', 1024, 32256, note('extent')),
      withFlags(REQ_ONE, call('block_status', 1024, 32256, note('extent'))),
      call('block_status', 1, 65535, note('extent')),
      withFlags(1, call('block_status', 1024, 0, note('extent'))),
      call('block_status', 0, 0, note('extent')),
    ],
  },
  {
    name: 'callbacks that report errors',
    server,
    steps: [
      ...contexts,
      connect,
      call('block_status', 1024, 0, note('extent', { returns: -1, error: 'ENOMEM' })),
      call('block_status', 1024, 0, note('extent', { returns: -1 })),
      call('block_status', 1024, 0, note('extent', { error: 'ENOMEM' })),
      call('block_status', 1024, 0, note('extent', { returns: 7 })),
    ],
  },
  { name: 'no context was asked for', server, steps: [connect, call('block_status', 1024, 0, note('extent'))] },
  {
    name: 'the server has no structured replies',
    server: ['--no-sr', 'memory', '1M'],
    steps: [...contexts, connect, call('can_meta_context', 'base:allocation'), call('block_status', 1024, 0, note('extent'))],
  },
];
