// Runs one of upstream's shell tests as its makefiles do, with our command line or with native tools under the tools' names.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { python } from '../differential/python.js';
import { temporaryFolder } from '../support/processes.js';
import { linkTools, native, type Whose } from './native.js';
import { type Outcome, runTest } from './run_test.js';

export const source = fileURLToPath(new URL('../../build/libnbd/', import.meta.url));
const version = /^AC_INIT\(\[libnbd\],\[([\d.]+)\]\)$/m.exec(readFileSync(join(source, 'configure.ac'), 'utf8'))?.[1] ?? '';

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

  return runTest(join(here, name), [], here, {
    PATH: `${join(root, 'bin')}:${process.env.PATH}`,
    srcdir: '.',
    LIBNBD_DEBUG: '1',
    EXPECTED_VERSION: version,
    PSKTOOL: 'psktool',
    QEMU_NBD: 'qemu-nbd',
  });
}

export async function makePrograms(bin: string, whose: Whose): Promise<void> {
  await linkTools(bin, whose);
  await symlink(process.execPath, join(bin, 'node')); // the one that runs the other tests
  // nbdsh, which some tests require, runs the first Python on the PATH; that need not have libnbd.
  await writeFile(join(bin, 'python3'), `#!/bin/sh\nexec '${python}' "$@"\n`);
  await chmod(join(bin, 'python3'), 0o755);
}

/** As upstream's makefile makes it; the certificates last for a year only, so that they cannot be kept. */
export async function makePki(folder: string): Promise<void> {
  const env = { ...process.env, SRCDIR: join(source, 'tests'), CERTTOOL: 'certtool' };
  await promisify(execFile)(join(source, 'tests/make-pki.sh'), ['pki'], { cwd: folder, env });
  await writeFile(join(folder, 'pki/stamp-pki'), '');
}

/** Which of the things that a test requires is not here, as functions.sh tells it. */
export function whySkipped(output: string): string {
  const lines = output.split('\n').filter((line) => !line.startsWith('+'));
  const reason = lines.find((line) => line.includes('failed with error code') || line.includes('test skipped because'));
  return reason?.replace(/^\S+: /, '') ?? 'something that it requires is not here';
}
