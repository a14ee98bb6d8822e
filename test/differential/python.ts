// Debian's Python binding of libnbd (package python3-libnbd), in a process of its own.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { run, temporaryFolder } from '../support/processes.js';
import type { Outcome, Step } from './script.js';

const driver = fileURLToPath(new URL('driver.py', import.meta.url));
const execute = promisify(execFile);

/** Of all the Pythons on the PATH, the first that has libnbd: the system's need not be the first. */
async function findPython(): Promise<{ python: string; version: string }> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const python = join(folder, 'python3');
    try {
      const { stdout } = await execute(python, ['-c', 'import nbd; print(nbd.NBD().get_version())']);
      return { python, version: stdout.trim() };
    } catch {
      // none there, or without libnbd
    }
  }
  throw new Error('no python3 has libnbd: install the package python3-libnbd');
}

export const { python, version } = await findPython();

export async function playInPython(steps: readonly Step[], socket: string | null): Promise<Outcome[]> {
  const script = join(await temporaryFolder(), 'script.json');
  await writeFile(script, JSON.stringify({ socket, steps }));
  const lines = (await run(python, driver, script)).toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Outcome);
}
