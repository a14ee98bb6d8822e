// An export whose extents have every combination of hole and zero: what upstream's tests/meta-base-allocation.sh serves.
import type { TestServer } from './platform.js';
import { nbdkit } from './platform.js';

export const serverWithExtents = (): Promise<TestServer> =>
  nbdkit(
    'eval',
    'thread_model=echo parallel',
    'get_size=echo 65536',
    'pread=dd if=/dev/zero count=$3 iflag=count_bytes',
    'can_extents=exit 0',
    'extents=echo 0 8192; echo 8192 8192 hole; echo 16384 16384 hole,zero; echo 32768 16384 zero; echo 49152 16384',
  );
