// What /proc says of processes that are not this one's own objects: those that libnbd started.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The state letter of a process (R, S, T, Z, …), undefined when there is none. */
export function stateOf(pid: number | bigint): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2];
  } catch {
    return undefined;
  }
}

/** Waits until a process is gone, and nothing of it is left to be waited for: no zombie. */
export async function gone(pid: number | bigint): Promise<void> {
  const deadline = performance.now() + 20_000; // only a bound: a child that is told to end does so at once
  while (stateOf(pid) !== undefined) {
    if (performance.now() > deadline) throw new Error(`process ${pid} is still there, in state ${stateOf(pid)}`);
    await delay(2);
  }
}

export const commandLine = (pid: number | bigint): string[] =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);

/** The children that a process has. */
export function childrenOf(parent: number): number[] {
  const isChild = (pid: number) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    } catch {
      return false; // it ended meanwhile
    }
  };
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isChild(pid));
}
