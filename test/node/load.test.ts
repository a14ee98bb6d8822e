// load({ wasm }): where the module may come from, in Node.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { load } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { failure } from '../support/handles.js';

const url = new URL(import.meta.resolve('libnbd-wasm/libnbd.wasm'));
const bytes = () => readFile(fileURLToPath(url));

test.for<[string, () => Promise<Parameters<typeof load>[0]>]>([
  ['a module', async () => ({ wasm: await WebAssembly.compile(await bytes()) })],
  ['bytes', async () => ({ wasm: await bytes() })],
  ['an ArrayBuffer', async () => ({ wasm: Uint8Array.from(await bytes()).buffer })],
  ['a URL', async () => ({ wasm: url })],
  ['a URL as a string', async () => ({ wasm: url.href })],
  ['a response', async () => ({ wasm: new Response(await bytes(), { headers: { 'content-type': 'application/wasm' } }) })],
  ['a response to come', async () => ({ wasm: bytes().then((body) => new Response(body)) })],
  ['nothing', async () => ({})],
])('%s', async ([, options]) => {
  const lib = await load(await options());
  using nbd = lib.create();
  expect(nbd.getPackageName()).toBe('libnbd');
  expect(nbd.getVersion()).toMatch(/^1\.\d+\.\d+$/);
});

test('what is not there, or is no module, rejects', async () => {
  expect(await failure(load({ wasm: new URL('nosuch.wasm', url) }))).toMatchObject({ code: 'ENOENT' });
  expect(await failure(load({ wasm: new Uint8Array(100) }))).toBeInstanceOf(WebAssembly.CompileError);
  const answer = new Response('no such file', { status: 404, statusText: 'Not Found' });
  expect(await failure(load({ wasm: answer }))).toMatchObject({ message: expect.stringContaining('404 Not Found') });
});
