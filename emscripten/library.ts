// The JavaScript library for Emscripten's linker (--js-library): what a C program calls below musl, answered by runtime.ts. Emscripten
// evaluates this file when it links, and puts the text of what the program needs into the program.
import type { ModuleMemory, Pointer } from '../src/wasm/memory.js';
import type { Runtime } from './runtime.js';

/** runtime.ts and what it imports, as the text of an expression (bundle.mjs). */
declare const runtimeText: string;

// What the texts find around them in a program: Emscripten's own names, and the first entry here.
declare const libnbdRuntime: Runtime;
declare const wasmMemory: ModuleMemory;
declare const ENV: Record<string, string | undefined>;
declare let quit_: (status: number, thrown: unknown) => void;
declare function keepRuntimeAlive(): boolean;
declare function addOnPreRun(action: () => void): void;
declare function addOnPostRun(action: () => void): void;
declare function exitJS(status: number, isImplicit: boolean): void;
declare function addOnInit(action: () => void): void;
declare function addToLibrary(entries: Record<string, unknown>): void;
declare const Asyncify: {
  /** 0 while nothing is unwound or wound up again. Missing with JSPI, which does neither. */
  readonly state?: number;
  /** What was unwound, while something is. */
  readonly currData?: number | null;
  /** Resolves with what the export has returned that was unwound. */
  whenDone(): Promise<number>;
  handleAsync(action: () => Promise<number>): number;
};

/** The imports of wasm/imports.h that libnbd still makes: what is missing here, the linker misses. */
const imports = [
  ...['recv', 'send', 'shutdown', 'close', 'fcntl', 'fill', 'peek'],
  ...['socket', 'connect', 'socketError', 'noteAddress', 'forgetAddress', 'nameAddress', 'startTls'],
  ...['socketpair', 'bind', 'listen', 'spawn', 'kill', 'reap', 'mkdtemp', 'unlink', 'rmdir'],
  'assertionFailed',
];

addToLibrary({
  ...Object.fromEntries(
    imports.flatMap((name) => [
      [`libnbd_${name}`, `=libnbdRuntime.imports.${name}`],
      [`libnbd_${name}__deps`, ['$libnbdRuntime']],
    ]),
  ),

  $libnbdRuntime: `=${runtimeText}`,
  $libnbdRuntime__deps: ['$FS', '$ENV', '$keepRuntimeAlive', '$exitJS'],
  // As a program of the system has it: its environment, and an exit that ends it, whatever is still open.
  $libnbdRuntime__postset: () => `(${install})()`,

  __syscall_poll__deps: ['$libnbdRuntime'],
  __syscall_poll__async: true,
  __syscall_poll: (fds: number, count: number, timeout: number) => {
    if (!Asyncify.state) {
      const ready = libnbdRuntime.poll.look(fds, count);
      if (ready > 0) return ready;
    }
    return Asyncify.handleAsync(() => libnbdRuntime.poll.wait(fds, count, timeout));
  },

  libnbd_program_spawn__deps: ['$libnbdRuntime'],
  libnbd_program_spawn: (path: Pointer, argv: number, env: number) => libnbdRuntime.program.spawn(path, argv, env),
});

function install(): void {
  addOnPreRun(() => Object.assign(ENV, process.env));
  addOnInit(() => libnbdRuntime.memory.attach(wasmMemory));
  // Emscripten ends a program when main returns, but not when main has waited. JSPI does both.
  addOnPostRun(() => {
    if (Asyncify.currData) Asyncify.whenDone().then((status) => exitJS(status, true));
  });
  const leave = quit_;
  quit_ = (status, thrown) => (keepRuntimeAlive() ? leave(status, thrown) : process.exit(status));
}
