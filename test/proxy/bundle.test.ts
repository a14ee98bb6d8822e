// What a bundler makes of the library for a page has nothing of Node's in it, nor the proxy, nor the `ws` package.
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('the browser’s entry', async () => {
  const entry = fileURLToPath(new URL('../../dist/browser.js', import.meta.url));
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    metafile: true,
    packages: 'external',
    write: false,
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.some((file) => file.endsWith('sockets/connect_web_socket.js'))).toBe(true);
  expect(inputs.filter((file) => /\/(proxy|cli)\/|node_/.test(file))).toEqual([]);
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path));
  expect(imports.filter((path) => isBuiltin(path) || !path.startsWith('dist/'))).toEqual([]);
});
