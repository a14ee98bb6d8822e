// Makes of the modules that the command line loads one file for each command and a few that they share: Node loads these in half of
// the time that it needs for two hundred. Called with the folder of the compiled modules. What the library exports stays as it is.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const dist = resolve(process.argv[2]);
const cli = join(dist, 'cli');

/** The program, and the modules that tests call. */
const entries = ['main', 'inspect', 'parse'];

/** The library's files lie beside node.js, and its code will be in the folder of the command line: its paths change with it. */
async function moved(path) {
  const own = /new URL\((['`])\.\//g;
  const source = await readFile(path, 'utf8');
  if (source.split('import.meta').length !== source.split(/new URL\(['`]\.\//).length)
    throw new Error(`${path} has an import.meta without "new URL('./"`);
  return { contents: source.replaceAll(own, 'new URL($1../') };
}

/** A path that is relative to any other module would be wrong in the bundle, unless this module stays in its folder. */
async function checked(path) {
  const isMoved = path.startsWith(dist) && !path.startsWith(cli);
  if (isMoved && /\bimport\.meta\b/.test(await readFile(path, 'utf8'))) throw new Error(`${path} has an import.meta`);
}

const { outputFiles } = await build({
  entryPoints: Object.fromEntries(entries.map((name) => [name, join(cli, `${name}.js`)])),
  outdir: cli,
  chunkNames: 'chunk-[hash]',
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  keepNames: true, // errors are shown with the names of their classes
  logLevel: 'warning',
  plugins: [
    {
      name: 'paths',
      setup({ onLoad }) {
        onLoad({ filter: /\.js$/ }, ({ path }) => (path === join(dist, 'node.js') ? moved(path) : checked(path)));
      },
    },
  ],
});
for (const name of await readdir(cli)) if (/\.(js|d\.ts)$/.test(name)) await rm(join(cli, name));
for (const { path, contents } of outputFiles) await writeFile(path, contents);
