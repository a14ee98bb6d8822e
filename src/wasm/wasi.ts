// The little of WASI that the C library is linked with.
import type { Memory } from './memory.js';

// The environment has no variables. Standard error takes the debug messages, which libnbd writes when debugging is on and no
// callback is set.
export function wasi(memory: Memory): Record<string, (...args: number[]) => number> {
  const EBADF = 8;
  let line = '';
  return {
    environ_sizes_get: (count = 0, size = 0) => {
      memory.view.setUint32(count, 0, true);
      memory.view.setUint32(size, 0, true);
      return 0;
    },
    environ_get: () => 0,
    fd_close: () => EBADF,
    fd_seek: () => EBADF,
    fd_write: (_fd = 0, vectors = 0, count = 0, written = 0) => {
      const { view, bytes } = memory;
      let total = 0;
      for (let vector = vectors; vector < vectors + 8 * count; vector += 8) {
        const start = view.getUint32(vector, true);
        const length = view.getUint32(vector + 4, true);
        line += decoder.decode(bytes.subarray(start, start + length));
        total += length;
      }
      const end = line.lastIndexOf('\n');
      if (end !== -1) console.error(line.slice(0, end));
      line = line.slice(end + 1);
      view.setUint32(written, total, true);
      return 0;
    },
  };
}

const decoder = new TextDecoder();
