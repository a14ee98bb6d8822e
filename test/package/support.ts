// The package as its users get it: the tarball that `npm pack` makes, installed in projects of their own.
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, temporaryFolder } from '../support/processes.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const examples = join(root, 'examples/bundlers');

/** Packs what dist/ has, and returns the tarball's path. */
export async function pack(): Promise<string> {
  const folder = await temporaryFolder();
  const options = ['--ignore-scripts', '--offline', '--json', `--pack-destination=${folder}`];
  const [packed] = JSON.parse(String(await run('npm', 'pack', ...options, root))) as { filename: string }[];
  return join(folder, basename(packed?.filename ?? ''));
}

/** An empty project that has the package installed, as npm does it, but without the network; returns its folder. */
export async function install(tarball: string): Promise<string> {
  const folder = await temporaryFolder();
  const installed = join(folder, 'node_modules/libnbd-wasm');
  await mkdir(installed, { recursive: true });
  await run('tar', '--extract', '--file', tarball, '--directory', installed, '--strip-components=1');
  const { dependencies = {} } = await manifest(installed);
  for (const name of Object.keys(dependencies)) await link(name, folder);
  return folder;
}

/** A copy of a folder of examples/bundlers with all that it depends on. */
export async function installExample(tarball: string, bundler: string): Promise<string> {
  const folder = await install(tarball);
  const made = ['node_modules', 'dist']; // by somebody who tried the example where it is
  await cp(example(bundler), folder, { recursive: true, filter: (path) => !made.includes(basename(path)) });
  const { devDependencies = {} } = await manifest(folder);
  for (const name of ['.bin', ...Object.keys(devDependencies)]) await link(name, folder);
  return folder;
}

/** The path of an example, or of a file in it. */
export function example(bundler: string, file = ''): string {
  return join(examples, bundler, file);
}

/** What a project depends on beside the package is where this repository has it. */
export async function link(name: string, folder: string): Promise<void> {
  const path = join(folder, 'node_modules', name);
  await mkdir(dirname(path), { recursive: true });
  await symlink(join(root, 'node_modules', name), path);
}

/** What these tests read of a package.json. */
export interface Manifest {
  version: string;
  scripts: Record<string, string>;
  man?: string[];
  exports?: Record<string, unknown>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** The package.json of a folder; of this repository's unless one is named. */
export async function manifest(folder = root): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}
