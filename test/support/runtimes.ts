// The runtimes and compilers that scripts/runtimes.sh has put into the cache.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'libnbd-wasm/runtimes');
const wanted = readFileSync(new URL('../runtimes/package.json', import.meta.url), 'utf8');

/** The names of the packages, with their versions as package.json has them. */
export const versions: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries((JSON.parse(wanted) as { dependencies: Record<string, string> }).dependencies).map(([name, version]) => [
    name,
    version.replace(/^npm:.*@/, ''),
  ]),
);

const manifest = join(folder, 'package.json');

/** Why there are none; undefined where there are. */
export const missing: string | undefined =
  existsSync(manifest) && readFileSync(manifest, 'utf8') === wanted
    ? undefined
    : `scripts/runtimes.sh has not installed what test/runtimes/package.json names in ${folder}`;

/** A file of one of the packages. */
export const fileOf = (name: string, path: string): string => join(folder, 'node_modules', name, path);
