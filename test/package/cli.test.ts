// The command line of the installed package, whose modules are bundled: it finds the files that lie beside it.
import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Program } from '../proxy/cli.js';
import { run } from '../support/processes.js';
import { install, manifest, pack } from './support.js';

test('finds its version, its modules, its page and its scripts, also through a link', async () => {
  const folder = await install(await pack());
  const main = join(folder, 'node_modules/libnbd-wasm/dist/cli/main.js');
  const link = join(folder, 'nbdinfo');
  await symlink(main, link);
  const said = async (program: string, ...words: string[]) => String(await run(process.execPath, program, ...words));
  const { version } = await manifest();
  expect(await said(main, '--version')).toContain(`libnbd-wasm ${version} with libnbd `); // package.json, libnbd.wasm
  expect(await said(main, 'info', '--partitions', '[', 'nbdkit', 'memory', '1M', ']')).toContain('no partition table'); // blkid.wasm
  expect(await said(main, 'completion', 'bash')).toContain('complete -o default -F _libnbd_wasm libnbd-wasm\n');
  expect(await said(link, '--size', '[', 'nbdkit', 'memory', '1M', ']')).toBe('1048576\n');

  const inspector = new Program(main, 'inspect', '--no-open');
  const page = await fetch((await inspector.firstLine).replace(/#.*/, ''));
  expect(await page.text()).toContain('<nbd-page>');
  inspector.signal('SIGTERM');
  expect(await inspector.exit).toBe(0);
});

test('is one file for each command, and what they share', async () => {
  const cli = new URL('./cli/', import.meta.resolve('libnbd-wasm'));
  const modules = (await readdir(cli, { recursive: true })).filter((name) => name.endsWith('.js'));
  expect(modules.filter((name) => !/^chunk-\w+\.js$/.test(name)).sort()).toEqual(['commands/inspect.js', 'main.js', 'parse.js']);
});
