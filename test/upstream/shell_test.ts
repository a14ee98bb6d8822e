// Runs one of upstream's shell tests as its makefiles do, with our command line or with native tools under the tools' names.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { python } from '../differential/python.js';
import { atEnd } from '../support/cleanup.js';
import { temporaryFolder } from '../support/processes.js';
import { linkTools, native, type Whose } from './native.js';

export const source = fileURLToPath(new URL('../../build/libnbd/', import.meta.url));
const version = /^AC_INIT\(\[libnbd\],\[([\d.]+)\]\)$/m.exec(readFileSync(join(source, 'configure.ac'), 'utf8'))?.[1] ?? '';

export interface Outcome {
  /** 0: passed; 77: something that it requires is not here; undefined: it did not end. */
  readonly code: number | undefined;
  /** What it printed, both streams as they came. */
  readonly output: string;
}

/** It would not end by itself any more: the slowest takes 15 seconds. */
const limit = 120_000;

/** Each runs in folders of its own, since it writes beside itself. */
export async function runShellTest(folder: string, name: string, whose: Whose): Promise<Outcome> {
  const root = await temporaryFolder();
  const here = join(root, folder);
  await Promise.all([mkdir(here), mkdir(join(root, 'tests')), mkdir(join(root, 'bin'))]);
  await copyFile(join(source, folder, name), join(here, name));
  await copyFile(join(native, 'functions.sh'), join(root, 'tests/functions.sh'));
  await symlink(join(source, 'examples'), join(root, 'examples'));
  await makePrograms(join(root, 'bin'), whose);
  if ((await readFile(join(here, name), 'utf8')).includes('../tests/pki')) await makePki(join(root, 'tests'));

  const mark = randomUUID();
  const log = await open(join(root, 'log'), 'w');
  const child = spawn(join(here, name), {
    cwd: here,
    detached: true, // the leader of a group of processes, which is killed as one
    stdio: ['ignore', log.fd, log.fd],
    env: {
      ...process.env,
      PATH: `${join(root, 'bin')}:${process.env.PATH}`,
      srcdir: '.',
      LIBNBD_DEBUG: '1',
      EXPECTED_VERSION: version,
      PSKTOOL: 'psktool',
      QEMU_NBD: 'qemu-nbd',
      [marker]: mark,
    },
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
  return { code: code ?? undefined, output: (await readFile(join(root, 'log'), 'utf8')) + killed.by };
}

async function makePrograms(bin: string, whose: Whose): Promise<void> {
  await linkTools(bin, whose);
  await symlink(process.execPath, join(bin, 'node')); // the one that runs the other tests
  // nbdsh, which some tests require, runs the first Python on the PATH; that need not have libnbd.
  await writeFile(join(bin, 'python3'), `#!/bin/sh\nexec '${python}' "$@"\n`);
  await chmod(join(bin, 'python3'), 0o755);
}

/** As upstream's makefile makes it; the certificates last for a year only, so that they cannot be kept. */
async function makePki(folder: string): Promise<void> {
  const env = { ...process.env, SRCDIR: join(source, 'tests'), CERTTOOL: 'certtool' };
  await promisify(execFile)(join(source, 'tests/make-pki.sh'), ['pki'], { cwd: folder, env });
  await writeFile(join(folder, 'pki/stamp-pki'), '');
}

/** In the environment of what a test starts, by which a daemon is known that has left the group. */
const marker = 'LIBNBD_WASM_SHELL_TEST';

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

/** Which of the things that a test requires is not here, as functions.sh tells it. */
export function whySkipped(output: string): string {
  const lines = output.split('\n').filter((line) => !line.startsWith('+'));
  const reason = lines.find((line) => line.includes('failed with error code') || line.includes('test skipped because'));
  return reason?.replace(/^\S+: /, '') ?? 'something that it requires is not here';
}
