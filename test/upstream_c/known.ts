// Which of upstream's tests in C cannot pass, and which of them npm test runs.

/** What is no program for Emscripten: none of these is compiled. */
export const notCompiled = new Map([
  ['dlopen', 'it loads libnbd.so, and unloads it, in threads that run side by side'],
  ['aio-parallel', 'its eight threads run side by side'],
  ['aio-parallel-load', 'its threads run side by side'],
  ['aio-parallel-tls', 'its eight threads run side by side'],
  ['aio-parallel-load-tls', 'its threads run side by side'],
  ['synch-parallel', 'its eight threads run side by side'],
  ['synch-parallel-tls', 'its eight threads run side by side'],
]);

/** What fails. A test of this list that passes is a failure. */
export const failing = new Map([
  ['block-status-payload.sh', 'it begins with a program for nbdsh, and Debian’s knows nothing of extended headers'],
  [
    'shutdown-flags',
    'the kernel’s socket buffer has to be too small for its writes of 2 MiB, so that the second waits in libnbd; a virtual descriptor takes 4 MiB',
  ],
]);

/** What upstream compiles, and does not run. */
export const notRun = new Map([['aio-connect-port', 'its port is always the same']]);

/** What upstream’s tests skip where the system has it not: for any other to be skipped is a failure. */
export const skipping = new Map([
  ['connect-uri-nbd-ssh', 'there is no ssh to this machine without a password'],
  ['errors-server-oversize', 'nbdkit-eval-plugin is too old'],
  ['socket-activation-name', 'nbdkit is too old to print its environment'],
  ['block-status-64.sh', 'qemu-nbd is too old for extended headers'],
  ['opt-extended-headers.sh', 'qemu-nbd is too old for extended headers'],
]);

/** What `npm test` runs: something of each kind, and quick. */
export const quick = [
  'get-size',
  'debug-environment',
  'errors-not-negotiating-aio',
  'meta-base-allocation',
  'connect-uri-nbd-unix',
  'closure-lifetimes',
  'interop-nbdkit-tls-certs',
  'interop-qemu-nbd',
  'interop-nbd-server',
];
