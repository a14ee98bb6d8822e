// The examples that hovers show of libnbd's calls, run against a real server: all of them in one program, each on a handle of its own.
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit, nbdkitOnTcp } from '../support/servers.js';
import { root } from './blocks.js';

const declarations = await readFile(`${root}dist/generated/methods.d.ts`, 'utf8');

/** Name of the method → its example. */
const examples = new Map(
  [...declarations.matchAll(/^ {4}\/\*\*((?:(?!\*\/).)*?)```ts\n(.*?)^ +\* ```((?:(?!\*\/).)*?)\*\/\n {4}(\w+)\(/gms)].map(
    ([, , code = '', , name = '']) => [name, code.replaceAll(/^ +\* ?/gm, '')],
  ),
);

/** What a handle has done before the example of a call; the others are connected. */
const beforehand = (name: string): string => {
  if (/^(connect|set|addMetaContext)/.test(name)) return '';
  if (name.startsWith('opt')) return "nbd.setOptMode(true); await nbd.connectUri('nbd://localhost/disk');";
  return "nbd.addMetaContext(CONTEXT_BASE_ALLOCATION); await nbd.connectUri('nbd://localhost/disk');";
};

test('25 calls have one', () => {
  expect([...examples.keys()]).toEqual(
    expect.arrayContaining(['pread', 'preadInto', 'pwrite', 'blockStatus', 'connectTcp', 'optGo', 'shutdown']),
  );
  expect(examples.size).toBeGreaterThanOrEqual(25);
});

test('each of them works', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/libnbd-wasm'));
  await run('qemu-img', 'create', '-q', '-f', 'qcow2', join(folder, 'vm.qcow2'), '1M');
  const [unix, tcp] = [await nbdkit('memory', '64M'), await nbdkitOnTcp('memory', '64M')];
  const socket = 'path' in unix.address ? unix.address.path : '';
  const { port } = new URL(tcp.uri);

  const imports = new Set(["import * as library from 'libnbd-wasm';", 'const { NBD, CONTEXT_BASE_ALLOCATION } = library;']);
  const parts: string[] = [];
  for (const [name, example] of examples) {
    for (const [line] of example.matchAll(/^import .*$/gm)) imports.add(line);
    const constants = new Set([...example.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g)].map(([constant]) => constant));
    const known = constants.size === 0 ? '' : `const { ${[...constants].join(', ')} } = library;`;
    const code = example.replaceAll(/^import .*$/gm, '');
    parts.push(`{ const nbd = await NBD.create(); ${beforehand(name)}
      ${name.startsWith('addMeta') ? known.replace('CONTEXT_BASE_ALLOCATION, ', '') : known}
      try {\n${code}\n} catch (error) { throw new Error('the example of ${name}', { cause: error }); }
      nbd.close(); console.log('${name}: done'); }`);
  }
  const source = [...imports, ...parts]
    .join('\n')
    .replaceAll(/'nbd:\/\/localhost(\/\w+)?'/g, (_, path = '/') => `'nbd+unix://${path}?socket=${socket}'`)
    .replaceAll("'/run/nbd.sock'", `'${socket}'`)
    .replaceAll(/\b10809\b/g, port)
    .replaceAll("'vm.qcow2'", `'${join(folder, 'vm.qcow2')}'`)
    .replaceAll("'/etc/pki/libnbd'", `'${folder}'`);
  await writeFile(join(folder, 'program.mjs'), source);
  const printed = String(await run(process.execPath, join(folder, 'program.mjs')));
  for (const name of examples.keys()) expect(printed).toContain(`${name}: done\n`);
});
