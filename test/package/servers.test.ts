// Programs for Node that bundlers make of the package, as servers and executables of one file are made: with `libnbd-wasm/inline` each
// is whole, wherever it lies. Without it, the error says what to do.
import { mkdir, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build, type Format } from 'esbuild';
import { rollup } from 'rollup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack from 'webpack';
import { Owner } from '../support/cleanup.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { install, pack } from './support.js';

const owner = new Owner();
let project: string;

/** Prints a byte of the disk, or why there is none. */
const program = (entry: string) => `
  import { NBD } from '${entry}';
  async function main() {
    const nbd = await NBD.create();
    await nbd.connectUri(process.argv[2]);
    console.log('byte', (await nbd.pread(512, 1048064))[511]);
    await nbd.shutdown();
    nbd.close();
  }
  main().catch((error) => console.log(error.code, error.message));
`;

beforeAll(async () => {
  project = await owner.run(async () => install(await pack()));
  await writeFile(join(project, 'inline.mjs'), program('libnbd-wasm/inline'));
  await writeFile(join(project, 'plain.mjs'), program('libnbd-wasm'));
});
afterAll(() => owner.end());

/** Makes one file of a program in the project; `folder` has nothing else. */
type Bundle = (entry: string, folder: string) => Promise<string>;

const esbuild =
  (format: Format): Bundle =>
  async (entry, folder) => {
    const outfile = join(folder, format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs');
    // ws is CommonJS, which asks for Node's modules by require().
    const banner = format === 'esm' ? "import { createRequire } from 'node:module'; const require = createRequire('/');" : '';
    const options = { bundle: true, platform: 'node', logLevel: 'error', banner: { js: banner } } as const;
    await build({ ...options, entryPoints: [entry], absWorkingDir: project, format, outfile });
    return outfile;
  };

const withRollup: Bundle = async (entry, folder) => {
  const external = [...builtinModules, /^node:/, 'ws'];
  const plugins = [nodeResolve({ exportConditions: ['node'] })];
  const bundle = await rollup({ input: entry, external, plugins });
  const file = join(folder, 'bundle.mjs');
  await bundle.write({ file, inlineDynamicImports: true });
  await bundle.close();
  return file;
};

const withWebpack: Bundle = async (entry, folder) => {
  const output = { path: folder, filename: 'bundle.cjs' };
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    webpack(
      { mode: 'production', target: 'node20', context: project, entry, output, externals: { ws: 'commonjs ws' } },
      (error, stats) => (error ? reject(error) : resolve(stats)),
    );
  });
  if (stats?.hasErrors()) throw new Error(stats.toString());
  return join(folder, 'bundle.cjs');
};

const bundlers: Record<string, Bundle> = {
  'esbuild, CommonJS': esbuild('cjs'),
  'esbuild, modules': esbuild('esm'),
  Rollup: withRollup,
  webpack: withWebpack,
};

async function printed(bundle: Bundle, name: string): Promise<string> {
  const folder = join(await temporaryFolder(), 'elsewhere');
  await mkdir(folder);
  const file = await bundle(join(project, name), folder);
  return String(await run(process.execPath, file, (await nbdkit('pattern', '1M')).uri));
}

describe.for(Object.entries(bundlers))('%s', ([name, bundle]) => {
  test('with libnbd-wasm/inline it reads a disk', async () => {
    expect(await printed(bundle, 'inline.mjs')).toBe('byte 248\n');
  });

  test('without, it does, or says what to do', async () => {
    const text = await printed(bundle, 'plain.mjs');
    if (name === 'webpack')
      expect(text).toBe('byte 248\n'); // it emits the file
    else expect(text).toMatch(/^ENOENT libnbd\.wasm: .*load\(\{ wasm: URL \}\).*libnbd-wasm\/inline.*load\(\{ wasm \}\)/);
  });
});
