// What a process costs, as Linux counts it.
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100; // of every Linux that there is

/** CPU seconds that a process and its children have used, those that have ended among them; NaN where there is no /proc. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15)
      .map(Number);
    const own = (user + system + childrenUser + childrenSystem) / ticksPerSecond;
    return children(pid).reduce((sum, child) => sum + cpuSeconds(child), own);
  } catch {
    return Number.NaN;
  }
}

function children(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1'));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}
