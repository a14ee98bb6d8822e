// Strict mode: what libnbd refuses with it, and what the server refuses without.
import { bytes, call, connect, int, note, type Script, type Step, withFlags } from '../script.js';

const MiB = 2 ** 20;

const outside: Step[] = [
  call('pread', 1, MiB),
  call('pread', 2, MiB - 1),
  call('pread', 512, int(2n ** 64n - 1n)),
  call('pread', 0, 0),
  call('pread_structured', 512, MiB, note('chunk')),
  call('pwrite', bytes(1), MiB),
  call('pwrite', bytes(), 0),
  call('zero', 1, MiB),
  call('zero', 0, 0),
  call('trim', int(2n ** 63n), 0),
  call('cache', 512, int(2n ** 63n)),
  call('block_status', 512, MiB, note('extent')),
  call('aio_is_ready'),
];

const withoutStrict = (bits: number): Step => call('strict_without', bits);

export const bounds: Script[] = [
  {
    name: 'outside the export',
    server: ['memory', '1M'],
    steps: [call('add_meta_context', 'base:allocation'), connect, ...outside],
  },
  {
    name: 'outside the export, without STRICT_BOUNDS and STRICT_ZERO_SIZE',
    server: ['memory', '1M'],
    steps: [
      call('add_meta_context', 'base:allocation'),
      connect,
      withoutStrict(4 | 8),
      ...outside.filter(({ args = [] }) => args[1] !== 0 || args[0] === 0), // not a trim of 2^63 bytes
    ],
  },
  {
    name: 'too large',
    server: ['memory', '1G'],
    steps: [
      connect,
      call('pread', 64 * MiB + 1, 0),
      call('zero', 2 ** 32, 0),
      call('trim', 2 ** 32, 0),
      withoutStrict(4),
      call('zero', 2 ** 32, 0),
      call('trim', 2 ** 32, 0),
      call('cache', 2 ** 32, 0),
      call('aio_is_ready'),
    ],
  },
  {
    name: 'unaligned',
    server: ['--filter=blocksize-policy', 'memory', '4096', 'blocksize-minimum=512', 'blocksize-error-policy=error'],
    steps: [
      connect,
      call('pread', 1, 0),
      call('pread', 512, 1),
      call('pwrite', bytes(1), 0),
      call('pread', 512, 512),
      withoutStrict(16),
      call('pread', 1, 0),
      call('pwrite', bytes(1), 0),
    ],
  },
  {
    name: 'without STRICT_FLAGS',
    server: ['memory', '1M'],
    steps: [connect, withoutStrict(2), withFlags(0x40, call('pread', 16, 0)), withFlags(0x10000, call('pread', 16, 0))],
  },
  {
    name: 'without STRICT_COMMANDS',
    server: ['eval', 'get_size=echo 512', 'pread=printf "%0$3d" 0', 'can_write=exit 0', 'pwrite=cat >/dev/null'],
    steps: [
      connect,
      withoutStrict(1),
      call('trim', 512, 0),
      call('flush'),
      call('block_status', 512, 0, note('extent')),
      call('pread', 4, 0),
    ],
  },
];
