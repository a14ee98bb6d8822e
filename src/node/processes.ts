// Servers that are child processes of this one.
import { type ChildProcess, type SpawnOptions, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdtempSync, renameSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { codedError, NBDError } from '../base/errors.js';
import type { Listener, Processes } from '../libnbd/posix/processes.js';
import { DuplexTransport } from '../transports/duplex.js';

export class NodeProcesses implements Processes {
  readonly #children = new Map<number, ChildProcess>();
  readonly #detached: boolean;
  readonly #onLine: ((line: string) => void) | undefined;

  /**
   * @param detached Whether a Ctrl-C at the terminal is for this process alone, which then ends its children itself.
   * @param onLine Called with each line that a command with a listener writes to standard error, which it else shares with this process.
   */
  constructor({ detached = false, onLine }: { detached?: boolean; onLine?: ((line: string) => void) | undefined } = {}) {
    this.#detached = detached;
    this.#onLine = onLine;
  }

  // nbd-server writes to the descriptor that it reads: both have to be one socket, as with libnbd itself. Node can only make a socket of
  // another descriptor, so a shell moves it.
  spawnOnStdio(argv: string[]) {
    assertRunnable(argv[0] ?? '');
    const child = spawnByShell('exec "$@" <&3 >&3 3>&-', argv, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
    const pid = this.#adopt(child, argv[0]);
    return { pid, transport: new DuplexTransport(child.stdio[3] as Socket) };
  }

  listen(path: string): Listener {
    // When libuv closes the listener, it removes the file that it was bound to. This process closes its listener once the command
    // has it, and the file must stay: so it gets its real name after it was bound.
    const bound = `${path}.bound`;
    const server = createServer();
    server.listen(bound);
    if (!existsSync(bound)) throw codedError('EACCES', `cannot listen on ${bound}`);
    renameSync(bound, path);
    return {
      spawn: (argv, socketName) => this.#spawnActivated(server, argv, socketName),
      close: () => server.close(),
    };
  }

  // The protocol wants the process's own number in its environment. A shell knows it before it becomes the command.
  #spawnActivated(server: Server, argv: string[], socketName = 'unknown'): number {
    assertRunnable(argv[0] ?? '');
    const env = { ...process.env, LISTEN_FDS: '1', LISTEN_FDNAMES: socketName };
    // Node has no public way to a listener's descriptor, and passes no listening server on by itself.
    const { _handle: listener } = server as unknown as { _handle: { fd: number } };
    const onLine = this.#onLine;
    const stdio: StdioOptions = onLine
      ? ['ignore', 'ignore', 'pipe', listener.fd]
      : ['inherit', 'inherit', 'inherit', listener.fd];
    const child = spawnByShell('LISTEN_PID=$$ exec "$@"', argv, { env, stdio, detached: this.#detached });
    if (onLine && child.stderr) createInterface({ input: child.stderr }).on('line', onLine);
    return this.#adopt(child, argv[0]);
  }

  #adopt(child: ChildProcess, command: string | undefined): number {
    const { pid } = child;
    child.on('error', () => {}); // that it could not be started is known here already
    if (pid === undefined) throw new NBDError(`${command} cannot be started`, 'EAGAIN');
    this.#children.set(pid, child);
    child.on('exit', () => this.#children.delete(pid));
    return pid;
  }

  kill(pid: number, signum: number): void {
    const child = this.#children.get(pid);
    if (child === undefined) throw codedError('ESRCH', `process ${pid} has ended`);
    process.kill(pid, signum);
  }

  // Node waits for its children by itself: there is nothing to do but to let this one end.
  async reap(pid: number): Promise<void> {
    const child = this.#children.get(pid);
    if (child !== undefined) await once(child, 'exit');
  }

  /** How a child ends, when it has: `exit code 1`, or the signal. */
  async exit(pid: number): Promise<string> {
    const child = this.#children.get(pid);
    if (child === undefined) throw codedError('ESRCH', `process ${pid} has ended`);
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return signal ?? `exit code ${code}`;
  }

  isRunning(pid: number): boolean {
    return this.#children.has(pid);
  }

  makeFolder(template: string): string {
    return mkdtempSync(template.replace(/X{6}$/, ''));
  }

  removeFolder(path: string): void {
    rmdirSync(path);
  }

  removeFile(path: string): void {
    unlinkSync(path);
  }
}

function spawnByShell(script: string, argv: string[], options: SpawnOptions): ChildProcess {
  return spawn('/bin/sh', ['-c', script, 'sh', ...argv], options);
}

/** Throws what execvp would say: the shell starts in any case, and could only exit with a number. */
export function assertRunnable(command: string): void {
  const folders = command.includes('/') ? [''] : (process.env.PATH ?? '').split(':');
  const found = folders.map((folder) => join(folder, command)).filter((path) => existsSync(path));
  if (command === '' || found.length === 0) {
    const where = command.includes('/') ? 'there is no such program' : 'no folder of PATH has it: install it, or give its path';
    throw new NBDError(`${command} cannot be started: ${where}`, 'ENOENT');
  }
  if (!found.some(isExecutable)) throw new NBDError(`${command} cannot be started: it is no executable file`, 'EACCES');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
