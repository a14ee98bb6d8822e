// `libnbd-wasm checksum`, beside sha256sum.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { ended } from './copying.js';

async function file(name = 'file'): Promise<{ path: string; bytes: Uint8Array }> {
  const path = join(await temporaryFolder(), name);
  const bytes = noise(3_000_001);
  await writeFile(path, bytes);
  return { path, bytes };
}

test.for([['file'], ['a\\b'], ['a\nb'], ['  spaces ']])('prints a file as sha256sum does: %j', async ([name]) => {
  const { path } = await file(name);
  expect(`${(await ended(['checksum', path])).stdout}`).toBe(`${await run('sha256sum', path)}`);
});

test('has the sum of a server, a command, a file and standard input', async () => {
  const { path, bytes } = await file();
  const [sum] = `${await run('sha256sum', path)}`.split(' ');
  const { uri } = await nbdkit('file', path);
  const { code, stdout } = await ended(['checksum', uri, '[', 'nbdkit', 'file', path, ']', path, '-'], bytes);
  expect(code).toBe(0);
  expect(`${stdout}`).toBe([uri, `[ nbdkit file ${path} ]`, path, '-'].map((name) => `${sum}  ${name}\n`).join(''));
});

test('does not read what is known to be zero', async () => {
  const words = ['checksum', '[', 'nbdkit', '--filter=error', 'memory', '1M', 'error-pread-rate=1', ']'];
  const { code, stdout } = await ended(words);
  expect(code).toBe(0);
  expect(`${stdout}`).toMatch(/^30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58 /);
  expect((await ended([...words, '--no-extents'])).code).toBe(1);
});

test('goes on after one that cannot be read, and ends with 1', async () => {
  const { path } = await file();
  const { code, stdout, stderr } = await ended(['checksum', 'no-such-file', path]);
  expect(code).toBe(1);
  expect(stderr).toContain('libnbd-wasm: no-such-file: No such file or directory');
  expect(`${stdout}`).toBe(`${await run('sha256sum', path)}`);
});

test('--json has names and sums', async () => {
  const { path } = await file();
  const [sha256] = `${await run('sha256sum', path)}`.split(' ');
  expect(JSON.parse(`${(await ended(['checksum', '--json', path])).stdout}`)).toEqual([{ name: path, sha256 }]);
});
