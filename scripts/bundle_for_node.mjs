// Makes a few files of the modules that Node loads, and of the command line one for each command: Node loads these in half of the time that it
// needs for two hundred. Called with the folder of the compiled modules. Those that the browser's entries load stay as they are, for bundlers
// to choose from; what nobody loads any more is removed.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const dist = resolve(process.argv[2]);
const cli = join(dist, 'cli');

const library = join(dist, 'node.js');
const entries = ['node', 'node_inline', 'node_worker', 'node_worker_client', 'proxy', 'node/files/files_worker'];
/** The program, and the modules that tests call. */
const commands = ['main', 'commands/inspect', 'parse'];
const ofPages = ['browser', 'inline', 'worker', 'worker_client', 'files_worker'];

const shared = { write: false, bundle: true, format: 'esm', logLevel: 'warning', metafile: true };
const inFolder = (folder, names) => Object.fromEntries(names.map((name) => [name, join(folder, `${name}.js`)]));

/** A file for each of a folder's entries, and chunks beside them that they share. */
async function bundle(folder, names, moved = []) {
  const bundled = (after) =>
    build({
      ...shared,
      entryPoints: inFolder(folder, names),
      outdir: folder,
      chunkNames: 'chunk-[hash]',
      splitting: true,
      platform: 'node',
      target: 'node20.19',
      packages: 'external',
      keepNames: true, // errors and stacks tell the names of classes
      plugins: [
        {
          name: 'paths',
          setup({ onLoad, onResolve }) {
            // The module as text is long: pages and Node have one file of it.
            onResolve({ filter: /\/generated\/libnbd_wasm\.js$/ }, ({ path }) => ({ path, external: true }));
            onLoad({ filter: /\.js$/ }, async ({ path }) => {
              const contents = await withItsPaths(path, folder, moved);
              return { contents: after.has(path) ? `import ${JSON.stringify(library)};\n${contents}` : contents };
            });
          },
        },
      ],
    });
  // Modules that the same entries load are one chunk, and Node takes half a millisecond to find each. So whatever is loaded later loads all of
  // the library first, which most of it does anyway.
  const { inputs } = (await bundled(new Set())).metafile;
  const later = Object.values(inputs).flatMap(({ imports }) => imports.filter(({ kind }) => kind === 'dynamic-import'));
  return bundled(new Set(later.map(({ path }) => resolve(path))));
}

/** A path that is relative to its module is right in the bundle if the module is in the same folder, and mended if it is one of those moved. */
async function withItsPaths(path, folder, moved) {
  const source = await readFile(path, 'utf8');
  const isMoved = moved.includes(path);
  const own = /new URL\((['`])\.\//g;
  const uses = source.match(/\bimport\.meta\b/g)?.length ?? 0;
  if (uses > 0 && resolve(path, '..') !== folder && !(isMoved && source.match(own)?.length === uses))
    throw new Error(`${path} has an import.meta that would be another file's in ${folder}`);
  return isMoved ? source.replaceAll(own, 'new URL($1../') : source;
}

const bundles = [await bundle(dist, entries), await bundle(cli, commands, [library])];
const pages = await build({
  ...shared,
  entryPoints: inFolder(dist, ofPages),
  outdir: dist,
  splitting: true,
  platform: 'browser',
});

const kept = new Set(Object.keys(pages.metafile.inputs).map((path) => resolve(path)));
for (const path of await readdir(dist, { recursive: true }))
  if (path.endsWith('.js') && !kept.has(join(dist, path))) await rm(join(dist, path));
await rm(cli, { recursive: true }); // nobody imports it: it needs no types
for (const { path, contents } of bundles.flatMap(({ outputFiles }) => outputFiles)) {
  if (kept.has(path)) throw new Error(`${relative(dist, path)} is a page's as well`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}
