// Writing in the background, to a file that is looked at with other eyes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CMD_FLAG_FUA, load, NBDError } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { retired } from '../support/aio.js';
import { noise } from '../support/bytes.js';
import { connected, failure } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';
import { temporaryFolder } from '../support/processes.js';

test('aioPwrite', async () => {
  const file = join(await temporaryFolder(), 'disk');
  await writeFile(file, new Uint8Array(512));
  const content = async () => new Uint8Array(await readFile(file));
  const nbd = await connected(await nbdkit('file', file));

  const bytes = noise(512);
  const original = bytes.slice();
  await retired(nbd, nbd.aioPwrite(bytes, 0, { flags: CMD_FLAG_FUA }));
  expect(await content()).toEqual(original);
  expect(bytes).toEqual(original);

  const back = new Uint8Array(512);
  await retired(nbd, nbd.aioPread(back, 0));
  expect(back).toEqual(original);

  bytes.fill(7); // the caller's again, to be changed as it likes
  expect(await content()).toEqual(original);

  await retired(nbd, nbd.aioPwrite(new Uint8Array(512), 0, { flags: CMD_FLAG_FUA }));
  expect(await content()).toEqual(new Uint8Array(512));
});

// As in 500: nothing holds a buffer back from being transferred.
test('a buffer that is transferred before it was sent: that write fails, and nobody else suffers', async () => {
  const lib = await load();
  const server = await nbdkit('memory', '1M');
  const [nbd, other] = [await connected(server, () => {}, lib), await connected(server, () => {}, lib)];
  const buffer = new Uint8Array(65536).fill(1);
  const cookie = nbd.aioPwrite(buffer, 0);
  structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
  expect(await failure(retired(nbd, cookie))).toBeInstanceOf(NBDError);
  expect(await other.pread(512, 0)).toEqual(new Uint8Array(512));
});
