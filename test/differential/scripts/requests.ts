// Requests that wait for their replies: results, callbacks, and errors that the server or a callback reports.
import { buffer, bytes, call, connect, note, type Script, withFlags } from '../script.js';

const FUA = 1;
const NO_HOLE = 2;
const DF = 4;
const FAST_ZERO = 16;

export const requests: Script[] = [
  {
    name: 'reads',
    server: ['pattern', '1M'],
    steps: [
      connect,
      call('pread', 16, 0),
      call('pread', 5, 1021),
      call('pread_structured', 16, 4096, note('chunk')),
      withFlags(DF, call('pread_structured', 16, 4096, note('chunk'))),
      call('pread_structured', 16, 0, note('chunk', { returns: -1, error: 'ECONNREFUSED' })),
      call('pread_structured', 16, 0, note('chunk', { returns: -1, error: 'EIO' })),
      call('pread_structured', 16, 0, note('chunk', { error: 'EIO' })),
      call('pread', 16, 0),
    ],
  },
  {
    name: 'reads of a hole and of data',
    server: ['data', '0x1 0x2 @0x10000 0x3 @0x20000 0x4'],
    steps: [connect, call('pread', 4, 0), call('pread', 4, 65534), call('pread', 1, 131072), call('get_size')],
  },
  {
    name: 'writes, zeroes, trims, caches and flushes',
    server: ['memory', '1M'],
    steps: [
      connect,
      call('pwrite', bytes(1, 2, 3, 4), 6),
      withFlags(FUA, call('pwrite', bytes(5), 10)),
      call('pread', 16, 0),
      call('zero', 2, 7),
      withFlags(FUA | NO_HOLE, call('zero', 1, 6)),
      withFlags(FAST_ZERO, call('zero', 1, 0)),
      call('pread', 16, 0),
      call('trim', 4096, 4096),
      call('cache', 4096, 0),
      call('flush'),
    ],
  },
  {
    name: 'flags that a call does not have',
    server: ['memory', '1M'],
    steps: [
      connect,
      withFlags(FUA, call('pread', 16, 0)),
      withFlags(DF, call('pwrite', bytes(1), 0)),
      withFlags(1, call('flush')),
      withFlags(NO_HOLE, call('trim', 512, 0)),
      withFlags(1, call('cache', 512, 0)),
      withFlags(0x10000, call('zero', 512, 0)),
      withFlags(1, call('shutdown')),
      call('aio_is_ready'),
    ],
  },
  {
    name: 'what the server cannot do',
    server: ['eval', 'get_size=echo 1M', 'pread=exit 1', 'can_write=exit 0'],
    steps: [
      connect,
      call('flush'),
      call('trim', 512, 0),
      call('cache', 512, 0),
      withFlags(FUA, call('pwrite', bytes(1), 0)),
      withFlags(FAST_ZERO, call('zero', 512, 0)),
      call('block_status', 512, 0, note('extent')),
    ],
  },
  {
    name: 'a read-only export',
    server: ['--readonly', 'memory', '1M'],
    steps: [connect, call('pwrite', bytes(1), 0), call('zero', 1, 0), call('trim', 1, 0), call('pread', 4, 0)],
  },
  ...['EPERM', 'EIO', 'ENOMEM', 'EINVAL', 'ENOSPC', 'ESHUTDOWN'].map((code) => ({
    name: `the server reports ${code}`,
    server: ['--filter=error', 'memory', '1M', `error=${code}`, 'error-rate=100%'],
    steps: [
      connect,
      call('pread', 512, 0),
      call('pread_structured', 512, 0, note('chunk')),
      call('pwrite', bytes(1), 0),
      call('zero', 512, 0),
      call('trim', 512, 0),
      call('aio_is_ready'),
    ],
  })),
  {
    name: 'without structured replies',
    server: ['--no-sr', 'pattern', '1M'],
    steps: [
      connect,
      call('pread_structured', 16, 8, note('chunk')),
      withFlags(DF, call('pread_structured', 16, 8, note('chunk'))),
      call('pread_structured', 16, 8, note('chunk', { returns: -1, error: 'EIO' })),
    ],
  },
  {
    name: 'a buffer that is cleared, or is not',
    server: ['memory', '1M'],
    steps: [
      connect,
      call('aio_pread', buffer('cleared', 4, 1), 2 ** 20),
      call('buffer', 'cleared'),
      call('set_pread_initialize', false),
      call('aio_pread', buffer('as it was', 4, 1), 2 ** 20),
      call('buffer', 'as it was'),
    ],
  },
];
