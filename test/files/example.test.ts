// The example that brings a folder back out of a disk with partitions.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { mke2fs, tree } from './trees.js';

test('examples/restore_folder.mjs brings a folder back', async () => {
  const folder = await tree();
  const image = await mke2fs('ext4', folder, '32M');
  const disk = join(await temporaryFolder(), 'disk');
  await run('truncate', '-s', '40M', disk);
  await run('sh', '-c', 'printf "label: gpt\\nstart=2048, size=65536\\n" | sfdisk --quiet "$0"', disk);
  await run('dd', `if=${image}`, `of=${disk}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse', 'status=none');
  const server = await nbdkit('file', disk);
  const out = join(await temporaryFolder(), 'out');
  const example = fileURLToPath(new URL('../../examples/restore_folder.mjs', import.meta.url));
  await run(process.execPath, example, server.uri, '1', '/many', out);
  expect(await readdir(out)).toHaveLength(500);
  expect(await readFile(join(out, 'file 77'), 'utf8')).toBe('the 77th file\n');
});
