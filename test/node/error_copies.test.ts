// An error of another copy of the library: a page may have one beside the inspector's, and a program one of each of two versions.
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DiskError, NBDError } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/processes.js';

test('is an NBDError, and no subclass of it', async () => {
  const folder = await temporaryFolder();
  const root = fileURLToPath(new URL('../../', import.meta.url));
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const other = (await import(join(folder, 'dist/node.js'))) as typeof import('libnbd-wasm');
  const error = new other.NBDError('nbd_pread: no', 'EIO');
  expect(other.NBDError).not.toBe(NBDError);
  expect(error).toBeInstanceOf(NBDError);
  expect(error).toBeInstanceOf(other.NBDError);
  expect(error instanceof DiskError).toBe(false);
  for (const value of [new Error('no'), undefined, null, 'NBDError', { name: 'NBDError' }]) {
    expect(value instanceof NBDError).toBe(false);
  }
});
