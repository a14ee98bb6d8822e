// What `--version` prints.
import { readFile } from 'node:fs/promises';
import { isUpstream, programName } from './called.js';
import { packageFile } from './package_files.js';

/** Under upstream's names upstream's two lines: those programs have libnbd's version. */
export async function versions(): Promise<string> {
  const { NBD } = await import('../node.js');
  using nbd = await NBD.create();
  if (isUpstream) return `${programName} ${nbd.getVersion()}\n${nbd.getPackageName()} ${nbd.getVersion()}\n`;
  const { version }: { version: string } = JSON.parse(await readFile(packageFile('package.json'), 'utf8'));
  return `${programName} ${version} with libnbd ${nbd.getVersion()}\n`;
}
