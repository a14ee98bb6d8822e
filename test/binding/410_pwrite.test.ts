// Writing, to a file that is looked at with other eyes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CMD_FLAG_FUA } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';
import { temporaryFolder } from '../support/processes.js';

test('pwrite puts the bytes at an offset', async () => {
  const file = join(await temporaryFolder(), 'disk');
  await writeFile(file, new Uint8Array(1024));
  const nbd = await connected(await nbdkit('file', file));
  const bytes = noise(512);
  await nbd.pwrite(bytes, 512, { flags: CMD_FLAG_FUA });
  expect(await nbd.pread(512, 512)).toEqual(bytes);
  const content = new Uint8Array(await readFile(file));
  expect(content.subarray(0, 512)).toEqual(new Uint8Array(512));
  expect(content.subarray(512)).toEqual(bytes);
});
