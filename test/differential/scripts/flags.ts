// The export's flags, by what a server says that it can do.
import { call, connect, type Script } from '../script.js';

const reported = [
  'is_read_only',
  'can_flush',
  'can_fua',
  'is_rotational',
  'can_trim',
  'can_zero',
  'can_fast_zero',
  'can_df',
  'can_multi_conn',
  'can_cache',
].map((name) => call(name));

const base = ['get_size=echo 1M', 'pread=exit 1'];

const scripted: Record<string, string[]> = {
  'nothing but reads': [],
  can_write: ['can_write=exit 0'],
  can_flush: ['can_flush=exit 0'],
  can_fua: ['can_write=exit 0', 'can_fua=echo native'],
  is_rotational: ['is_rotational=exit 0'],
  can_trim: ['can_write=exit 0', 'can_trim=exit 0'],
  can_zero: ['can_write=exit 0', 'can_zero=exit 0'],
  can_fast_zero: ['can_write=exit 0', 'can_zero=exit 0', 'can_fast_zero=exit 0'],
  can_multi_conn: ['can_multi_conn=exit 0'],
  can_cache: ['can_cache=echo native'],
};

export const flags: Script[] = [
  ...Object.entries(scripted).map(([name, options]) => ({
    name,
    server: ['eval', ...base, ...options],
    steps: [connect, ...reported],
  })),
  { name: 'memory', server: ['memory', '1M'], steps: [connect, ...reported] },
  { name: 'read-only memory', server: ['--readonly', 'memory', '1M'], steps: [connect, ...reported] },
];
