// load({ wasm }): where the module may come from, in Node.
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { failure } from '../support/handles.js';
import { nodeProgram } from '../support/node_program.js';
import { temporaryFolder } from '../support/processes.js';

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

// A whole process, since a thread has no working directory of its own.
test('a path is relative to the working directory, whatever is in it', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'below'));
  const names = ['./x.wasm', 'x.wasm', 'below/a name.wasm', 'below/../x.wasm', 'a%20b#c?d.wasm', 'below:x.wasm'];
  for (const name of names) await copyFile(fileURLToPath(url), join(folder, name));
  const program = `
    import { load } from 'libnbd-wasm';
    process.chdir(${JSON.stringify(folder)});
    for (const wasm of ${JSON.stringify([...names, join(folder, 'x.wasm')])}) {
      const nbd = (await load({ wasm })).create();
      console.log(nbd.getPackageName(), wasm);
    }
    // Beside the library's own JavaScript there is such a file, which is not meant.
    await load({ wasm: './libnbd.wasm' }).catch((error) => console.log(error.code, error.path));`;
  const expected = [...names, join(folder, 'x.wasm')].map((name) => `libnbd ${name}\n`).join('');
  const ended = await nodeProgram(program);
  expect(ended).toEqual({ code: 0, stdout: `${expected}ENOENT ${join(folder, 'libnbd.wasm')}\n`, stderr: '' });
});
