// load({ wasm }): where the module may come from, in Node.
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { failure } from '../support/handles.js';
import { nodeProgram } from '../support/node_program.js';
import { temporaryFolder } from '../support/processes.js';
import { listen } from '../support/servers.js';

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
  const unused = createServer();
  await listen(unused, { host: '127.0.0.1', port: 0 });
  const { port } = unused.address() as AddressInfo;
  unused.close();
  const wasm = { 'content-type': 'application/wasm' };
  const failures: [Parameters<typeof load>[0], string, RegExp][] = [
    [{ wasm: new URL('nosuch.wasm', url) }, 'ENOENT', /ENOENT: no such file.*nosuch\.wasm/],
    [{ wasm: new URL('.', url) }, 'EISDIR', /cannot be read \(EISDIR/],
    [{ wasm: `http://127.0.0.1:${port}/libnbd.wasm` }, 'ENOENT', /cannot be read \(fetch failed\)/],
    [{ wasm: 'http://' }, 'ENOENT', /http:\/\/ is no URL that Node can read \(Invalid URL\)/],
    [{ wasm: new Uint8Array(100) }, 'ENOEXEC', /cannot be compiled/],
    [{ wasm: new Response(new Uint8Array(100), { headers: wasm }) }, 'ENOEXEC', /cannot be compiled/],
    [{ wasm: new Response('no such file', { status: 404, statusText: 'Not Found' }) }, 'ENOENT', /answered 404 Not Found/],
    [
      { wasm: new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }) },
      'ENOENT',
      /something else \(text\/html\)/,
    ],
  ];
  for (const [options, code, why] of failures) {
    const error = (await failure(load(options))) as Error;
    expect(error).toMatchObject({ name: 'NBDError', code });
    expect(error.message).toMatch(why);
    // Whatever it is, it names the file, and what can be done.
    for (const words of ['libnbd.wasm: ', 'load({ wasm: URL })', 'libnbd-wasm/inline', 'load({ wasm })'])
      expect(error.message).toContain(words);
  }
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
    await load({ wasm: './libnbd.wasm' }).catch((error) => console.log(error.code, error.cause.path));`;
  const expected = [...names, join(folder, 'x.wasm')].map((name) => `libnbd ${name}\n`).join('');
  const ended = await nodeProgram(program);
  expect(ended).toEqual({ code: 0, stdout: `${expected}ENOENT ${join(folder, 'libnbd.wasm')}\n`, stderr: '' });
});
