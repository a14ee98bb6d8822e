// What tests of nbdcopy have twice, once for each tool: folders to run in, and servers to copy to.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run, temporaryFolder } from '../../support/processes.js';
import { nbdkit } from '../../support/servers.js';
import { native } from '../native.js';

/** Two folders, one for each. */
export async function folders(): Promise<[ours: string, theirs: string]> {
  const [ours, theirs] = [await temporaryFolder(), await temporaryFolder()];
  return [ours, theirs];
}

/** Two servers alike, one for each. Both have the same address, in the folder that the tool runs in. */
export async function twins(both: readonly [string, string], ...args: string[]): Promise<string> {
  for (const folder of both) {
    const server = await nbdkit(...args);
    await run('ln', '-s', server.path, join(folder, 'socket'));
  }
  return 'nbd+unix:///?socket=socket';
}

export async function expectSameFiles(both: readonly [string, string], name: string): Promise<void> {
  const [ours, theirs] = await Promise.all(both.map((folder) => readFile(join(folder, name))));
  if (ours === undefined || theirs === undefined) throw new Error('there are two folders');
  expect(ours.length).toBe(theirs.length);
  expect(ours.equals(theirs), 'the same bytes').toBe(true);
}

/** The content of the twins, read by native nbdcopy. */
export async function expectSameDisks(both: readonly [string, string]): Promise<void> {
  for (const folder of both)
    await run(join(native, 'nbdcopy'), `nbd+unix:///?socket=${join(folder, 'socket')}`, join(folder, 'disk'));
  await expectSameFiles(both, 'disk');
}
