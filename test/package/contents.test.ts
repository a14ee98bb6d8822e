// What the tarball holds, and nothing else; that two packs of the same files are the same bytes; that its documents lead to each other; and
// that it tells where the sources of its modules are.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, readFile, utimes } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Owner } from '../support/cleanup.js';
import { run, temporaryFolder } from '../support/processes.js';
import { install, manifest, pack } from './support.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const owner = new Owner();
let tarball: string;
let installed: string;
let files: string[];

beforeAll(async () => {
  tarball = await owner.run(pack);
  installed = join(await owner.run(() => install(tarball)), 'node_modules/libnbd-wasm');
  const listed = await owner.run(() => run('tar', '--list', '--file', tarball));
  files = String(listed)
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
});
afterAll(() => owner.end());

/** What is neither a module of src/ nor a piece of a bundle. */
const others = [
  /^(CHANGELOG|README|SECURITY)\.md$|^LICENSE$|^package\.json$/,
  /^docs\/\w+\.md$|^docs\/images\/\w+\.png$/,
  /^examples\/(README\.md|\w+\.mjs|(bundlers\/\w+|inspector|page|vitest|workerd)\/[\w.]+\.(js|mjs|ts|html|json|capnp))$/,
  /^dist\/(7z|blkid|ext2|libnbd|tls)\.wasm$|^dist\/THIRD-PARTY-NOTICES$|^dist\/man\/libnbd-wasm\.1$/,
];
/** Bundles: what the entries share in Node, the command line, and the inspector's page, which is a folder that is served as it is. */
const bundles = [
  /^dist\/chunk-\w+\.js$/,
  /^dist\/cli\/(main|inspect|parse|chunk-\w+)\.js$|^dist\/cli\/[\w-]+\.js$|^dist\/cli\/completion\.(bash|zsh)$/,
  /^dist\/inspector\/((inspector|worker|files_worker|chunk-\w+)\.js|\w+\.wasm|index\.html|page\.css|icon\.svg|THIRD-PARTY-NOTICES)$/,
];

test('it holds the modules of src/, what stands beside them, and nothing else', () => {
  const strange = files.filter((path) => {
    if ([...others, ...bundles].some((pattern) => pattern.test(path))) return false;
    const module = /^dist\/(.*?)(?:\.d\.ts|\.js)$/.exec(path)?.[1];
    return module === undefined || !existsSync(join(root, 'src', `${module}.ts`));
  });
  expect(strange).toEqual([]);
});

test('it holds what its package.json and its users ask for', async () => {
  const { exports = {}, man = [] } = await manifest();
  const named = JSON.stringify([exports, man]).match(/\.\/[^"]+/g) ?? [];
  const wanted = [
    'LICENSE',
    'dist/THIRD-PARTY-NOTICES',
    'dist/inspector/THIRD-PARTY-NOTICES',
    'dist/cli/main.js',
    'docs/from_libnbd.md',
  ];
  for (const path of [...named.map((path) => normalize(path)), ...wanted]) {
    if (path in exports || `./${path}` in exports) continue; // the name of an entry, not its file
    expect(files).toContain(path);
  }
});

test('links of its documents lead to what it holds', async () => {
  const broken: string[] = [];
  for (const document of files.filter((path) => path.endsWith('.md'))) {
    const text = await readFile(join(installed, document), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const path = join(dirname(document), target);
      if (!files.some((file) => file === path || file.startsWith(`${path}/`))) broken.push(`${document}: ${target}`);
    }
  }
  // They are about work on libnbd-wasm itself, in a clone.
  const ofClone = ['CONTRIBUTING.md', 'test/README.md', 'bench/README.md', 'emscripten/README.md'];
  expect(broken.filter((link) => !ofClone.some((path) => link.endsWith(path)))).toEqual([]);
});

test('two packs of the same files are the same, whatever the files’ times, and with another umask', async () => {
  const digest = async (path: string) =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  const copy = join(await temporaryFolder(), 'copy');
  await cp(installed, copy, { recursive: true, filter: (path) => basename(path) !== 'node_modules' });
  for (const path of files) {
    await utimes(join(copy, path), 1e9, 1e9);
    await chmod(join(copy, path), path === 'dist/cli/main.js' ? 0o775 : 0o664); // as with a umask of 002
  }
  await run('npm', 'pack', '--ignore-scripts', '--offline', `--pack-destination=${dirname(copy)}`, copy);
  expect(await digest(join(dirname(copy), basename(tarball)))).toBe(await digest(tarball));
});

test('the notices name each source with its SHA-256, and each module', async () => {
  const notices = await readFile(join(installed, 'dist/THIRD-PARTY-NOTICES'), 'utf8');
  const script = await readFile(join(root, 'scripts/source.sh'), 'utf8');
  const sources = [...script.matchAll(/^lay (\S+) (\S+) (\S+) (\S+)$/gm)];
  expect(sources.length).toBeGreaterThan(4);
  for (const [, name, version, file, sha256] of sources)
    expect(notices).toContain(`${name} ${version}\n  ${file}\n  SHA-256 ${sha256}\n`);
  for (const path of files) if (/^dist\/\w+\.wasm$/.test(path)) expect(notices).toContain(`\n${basename(path)} `);
  for (const name of ['libxml2', 'libblkid', 'e2fsprogs', '7-Zip', 'musl', 'Emscripten'])
    expect(notices).toMatch(new RegExp(`^--- .*${name}.* ---$`, 'm'));
  expect(notices).toContain('Copyright © 2005-2020 Rich Felker');
});

test('it tells its own version and libnbd’s', async () => {
  const { version } = await manifest();
  const [, libnbd] = /^lay libnbd (\S+)/m.exec(await readFile(join(root, 'scripts/source.sh'), 'utf8')) ?? [];
  const printed = await run(process.execPath, join(installed, 'dist/cli/main.js'), '--version');
  expect(String(printed)).toBe(`libnbd-wasm ${version} with libnbd ${libnbd}\n`);
});
