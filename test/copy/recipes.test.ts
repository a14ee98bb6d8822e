// The recipes of docs/copy.md, run as they stand there, on other names.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { nodeProgram } from '../support/node_program.js';
import { OwnedProcess, run, temporaryFolder } from '../support/processes.js';

const document = await readFile(new URL('../../docs/copy.md', import.meta.url), 'utf8');

/** Runs the recipe of a name with its disk and its file; what it printed. */
async function recipe(name: string, uri: string, path: string): Promise<string> {
  const source = new RegExp(`\`\`\`js\n// ${name}\n(.*?)\`\`\``, 's').exec(document)?.[1];
  if (source === undefined) throw new Error(`docs/copy.md has no recipe ${name}`);
  const named = source.replaceAll("'nbd://localhost/vm'", JSON.stringify(uri)).replaceAll("'vm.img'", JSON.stringify(path));
  const { code } = await transform(named, { target: 'node20', format: 'esm' }); // Node 20 has no `await using`
  const { code: status, stdout, stderr } = await nodeProgram(code);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim();
}

/** qemu-nbd with an image, until `stop`. */
async function served(folder: string, image: string, ...options: string[]): Promise<{ uri: string; stop: () => Promise<void> }> {
  const [socket, pidfile] = [join(folder, `${image}.socket`), join(folder, `${image}.pid`)];
  const fixed = [
    '--persistent',
    '--shared=0',
    '--format=qcow2',
    '--export-name=vm',
    `--pid-file=${pidfile}`,
    `--socket=${socket}`,
  ];
  const process = new OwnedProcess(['qemu-nbd', ...fixed, ...options, join(folder, image)]);
  await process.untilFileExists(pidfile);
  return { uri: `nbd+unix:///vm?socket=${socket}`, stop: () => process.stop() };
}

test('backup, incremental backup and restore of a disk', async () => {
  const folder = await temporaryFolder();
  const [image, backup, content] = [join(folder, 'vm.qcow2'), join(folder, 'vm.img'), join(folder, 'content')];
  await writeFile(content, noise(3_000_000));
  const io = (command: string) => run('qemu-io', '-f', 'qcow2', '-c', command, image);
  await run('qemu-img', 'create', '-q', '-f', 'qcow2', image, '64M');
  await io(`write -s ${content} 1M 2900K`);

  const before = await served(folder, 'vm.qcow2', '--read-only');
  const sum = await recipe('backup', before.uri, backup);
  expect((await run('sha256sum', backup)).toString()).toContain(sum);
  await before.stop();
  await run('qemu-img', 'compare', '-f', 'qcow2', '-F', 'raw', image, backup);

  await run('qemu-img', 'bitmap', '--add', image, 'changes');
  await io('write -P 5 30M 100K');
  await io('write -z 1M 1M');
  const after = await served(folder, 'vm.qcow2', '--read-only', '--bitmap=changes');
  expect(Number.parseInt(await recipe('incremental', after.uri, backup), 10)).toBeLessThan(300_000);
  await after.stop();
  await run('qemu-img', 'compare', '-f', 'qcow2', '-F', 'raw', image, backup);

  await run('qemu-img', 'create', '-q', '-f', 'qcow2', join(folder, 'new.qcow2'), '64M');
  const empty = await served(folder, 'new.qcow2');
  expect(await recipe('restore', empty.uri, backup)).toBe('true');
  await empty.stop();
  await run('qemu-img', 'compare', '-f', 'qcow2', '-F', 'qcow2', image, join(folder, 'new.qcow2'));
});
