// Commands in the background: cookies, completion callbacks, and what they may answer. Cookies count from 1.
import { buffer, bytes, call, connect, note, retire, type Script, withCompletion, withFlags } from '../script.js';

const read = call('aio_pread', buffer('read', 16, 255), 4096);
const peek = call('aio_peek_command_completed');
const inFlight = call('aio_in_flight');

export const aio: Script[] = [
  {
    name: 'a read',
    server: ['pattern', '1M'],
    steps: [
      connect,
      inFlight,
      peek,
      call('aio_get_direction'),
      read,
      inFlight,
      peek,
      call('aio_command_completed', 1),
      retire(1),
      call('buffer', 'read'),
      inFlight,
      peek,
      call('aio_command_completed', 1),
      call('aio_command_completed', 0),
      call('aio_command_completed', 999),
    ],
  },
  {
    name: 'chunks and completions',
    server: ['pattern', '1M'],
    steps: [
      connect,
      withCompletion(note('completion'), call('aio_pread_structured', buffer('a', 16), 0, note('chunk'))),
      retire(1),
      call('buffer', 'a'),
      withCompletion(note('completion', { error: 'ENOMEM' }), call('aio_pread_structured', buffer('a', 16), 0, note('chunk'))),
      retire(2),
      withCompletion(
        note('completion', { returns: -1, error: 'ENOMEM' }),
        call('aio_pread_structured', buffer('a', 16), 0, note('chunk')),
      ),
      retire(3),
      withCompletion(
        note('completion'),
        call('aio_pread_structured', buffer('a', 16), 0, note('chunk', { returns: -1, error: 'EPROTO' })),
      ),
      retire(4),
      withCompletion(
        note('completion', { returns: -1, error: 'ENOMEM' }),
        call('aio_pread_structured', buffer('a', 16), 0, note('chunk', { returns: -1, error: 'EPROTO' })),
      ),
      retire(5),
      call('aio_pread_structured', buffer('a', 16), 0, note('chunk', { returns: -1 })),
      retire(6),
      inFlight,
    ],
  },
  {
    name: 'every command',
    server: ['memory', '1M'],
    steps: [
      call('add_meta_context', 'base:allocation'),
      connect,
      withFlags(1, call('aio_pwrite', bytes(1, 2, 3), 0)),
      retire(1),
      withCompletion(note('completion'), call('aio_zero', 1, 1)),
      retire(2),
      withCompletion(note('completion'), call('aio_trim', 4096, 4096)),
      retire(3),
      withCompletion(note('completion'), call('aio_cache', 4096, 0)),
      retire(4),
      withCompletion(note('completion'), call('aio_flush')),
      retire(5),
      withCompletion(note('completion'), call('aio_block_status', 65536, 0, note('extent'))),
      retire(6),
      call('pread', 4, 0),
      call('aio_flush'), // its cookie tells that the read had one too
      retire(8),
    ],
  },
  {
    name: 'what is refused gets no cookie',
    server: ['memory', '1M'],
    steps: [
      connect,
      withCompletion(note('completion'), call('aio_pread', buffer('none', 0), 0)),
      withCompletion(note('completion'), call('aio_pwrite', bytes(1), 2 ** 20)),
      withFlags(0x40, call('aio_flush')),
      call('aio_block_status', 512, 0, note('extent')),
      call('aio_flush'),
      retire(1),
    ],
  },
  {
    name: 'the server reports an error',
    server: ['--filter=error', 'memory', '1M', 'error=ENOSPC', 'error-rate=100%'],
    steps: [
      connect,
      withCompletion(note('completion'), call('aio_pwrite', bytes(1), 0)),
      retire(1),
      withCompletion(note('completion', { returns: -1, error: 'EIO' }), call('aio_pwrite', bytes(1), 0)),
      retire(2),
      inFlight,
    ],
  },
  {
    name: 'a completion that retires the command',
    server: ['--threads', '1', 'pattern', '1M'], // so that it answers in order
    steps: [
      connect,
      withCompletion(note('completion', { returns: 1 }), call('aio_pread', buffer('a', 8), 8)),
      withCompletion(note('failed', { returns: 1, error: 'EIO' }), call('aio_pread', buffer('b', 8), 16)),
      call('aio_pread', buffer('c', 8), 24),
      retire(3),
      inFlight,
      call('aio_command_completed', 1),
      call('aio_command_completed', 2),
      peek,
      call('buffer', 'a'),
    ],
  },
  {
    name: 'a completion that returns -1 without an error',
    server: ['memory', '1M'],
    steps: [
      connect,
      withCompletion(note('completion', { returns: -1 }), call('aio_flush')),
      retire(1),
      withCompletion(note('completion', { returns: -1 }), call('aio_pread', buffer('a', 8), 8)),
      retire(2),
    ],
  },
];
