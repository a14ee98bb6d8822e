// Servers that are child processes of this one.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { codedError, NBDError } from '../base/errors.js';
import type { Listener, Processes } from '../libnbd/host.js';
import { StdioTransport } from './stdio.js';

export class NodeProcesses implements Processes {
  readonly #children = new Map<number, ChildProcess>();

  spawnOnStdio([command = '', ...args]: string[]) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const pid = this.#adopt(child, command);
    return { pid, transport: new StdioTransport(child.stdin, child.stdout) };
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
    const env = { ...process.env, LISTEN_FDS: '1', LISTEN_FDNAMES: socketName };
    // Node has no public way to a listener's descriptor, and passes no listening server on by itself.
    const { _handle: listener } = server as unknown as { _handle: { fd: number } };
    const script = 'LISTEN_PID=$$ exec "$@"';
    const child = spawn('/bin/sh', ['-c', script, 'sh', ...argv], { env, stdio: ['inherit', 'inherit', 'inherit', listener.fd] });
    return this.#adopt(child, argv[0] ?? '');
  }

  #adopt(child: ChildProcess, command: string): number {
    const { pid } = child;
    child.on('error', () => {}); // that it could not be started is known here already
    if (pid === undefined) throw new NBDError(`${command} cannot be started`, isFound(command) ? 'EACCES' : 'ENOENT');
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
  reap(_pid: number): void {}

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

// Why a command could not be started, which Node tells only later: execvp says EACCES of one that is there all the same.
function isFound(command: string): boolean {
  if (command.includes('/')) return existsSync(command);
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, command)));
}
