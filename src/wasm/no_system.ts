// WASI for C libraries that read a disk and nothing else: whatever they ask of a system is not there.

const ENOSYS = 52; // WASI's number

export const noSystem: Record<string, () => number> = Object.fromEntries(
  ['clock_time_get', 'environ_get', 'environ_sizes_get', 'fd_close', 'fd_fdstat_get', 'fd_read', 'fd_seek', 'fd_write'].map(
    (name) => [name, () => ENOSYS],
  ),
);
