// Runs one of upstream's tests to its end, and ends all that it has left running.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atEnd } from '../support/cleanup.js';
import { temporaryFolder } from '../support/processes.js';

export interface Outcome {
  /** 0: passed; 77: something that it requires is not here; undefined: it did not end. */
  readonly code: number | undefined;
  /** What it printed, both streams as they came. */
  readonly output: string;
}

/** It would not end by itself any more: the slowest takes 15 seconds. */
const limit = 120_000;

/** A test is a program or a script that is run in a folder, with more in its environment than this process has. */
export async function runTest(
  program: string,
  args: readonly string[],
  folder: string,
  env: Record<string, string>,
): Promise<Outcome> {
  const mark = randomUUID();
  const path = join(await temporaryFolder(), 'log');
  const log = await open(path, 'w');
  const child = spawn(program, args, {
    cwd: folder,
    detached: true, // the leader of a group of processes, which is killed as one
    stdio: ['ignore', log.fd, log.fd],
    env: { ...process.env, ...env, [marker]: mark },
  });
  const killed = { by: '' };
  const end = () => killAll(child.pid, mark);
  atEnd(end); // the test run's own time limit may come first
  const timer = setTimeout(() => {
    killed.by = `killed: it took more than ${limit / 1000} seconds\n`;
    end();
  }, limit);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  end(); // what it has left behind
  await log.close();
  return { code: code ?? undefined, output: (await readFile(path, 'utf8')) + killed.by };
}

/** In the environment of what a test starts, by which a daemon is known that has left the group. */
const marker = 'LIBNBD_WASM_UPSTREAM_TEST';

function killAll(leader: number | undefined, mark: string): void {
  const marked = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && environment(pid).includes(`${marker}=${mark}`));
  for (const pid of [...(leader === undefined ? [] : [-leader]), ...marked.map(Number)]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended
    }
  }
}

function environment(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // it has ended, or is another user's
  }
}
