// The command lines of the documentation, run as they stand there against real servers. test/cli/document.test.ts runs those of docs/cli.md
// that have their output below them.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../node/cli.js';
import { atEnd, Owner } from '../support/cleanup.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkitOnTcp } from '../support/servers.js';
import { blocks } from './blocks.js';
import { demoDisk } from './demo_disk.js';

/** Lines that are not run here, and why. */
const left: [RegExp, string][] = [
  [/^npm (start|run|test|install)\b/, 'builds, tests or installs all of it'],
  [/^nbdkit memory 1G/, 'the server that the lines below it are run against'],
  [/^esbuild |^ {2}--bundle /, 'test/package/bundlers.test.ts runs what is in the example’s package.json'],
  [/^ln -s/, 'test/upstream/ makes such links'],
  [/^nbdinfo/, 'the same'],
  [/^source /, 'test/cli/completion.test.ts does so in real shells'],
  [/--only-dirty/, 'wants a dirty bitmap: test/cli/copy.test.ts'],
  [/\/dev\/sdb|nbds:/, 'wants a block device, or a server with TLS: test/cli/inspect.test.ts'],
];
const serves = /libnbd-wasm (proxy|inspect)\b/;

const owner = new Owner();
let image: string;
beforeAll(async () => {
  image = await owner.run(demoDisk);
});
afterAll(() => owner.end());

const lines = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ name, text }) =>
    text.split('\n').flatMap((line) => (line === '' || /^#/.test(line) ? [] : [[name, line] as const])),
  );

test('what is not run is a line of the documentation', () => {
  for (const [pattern] of left) expect(lines.some(([, line]) => pattern.test(line))).toBe(true);
});

/** Each command once, where it is first: without the comment behind it, and without npx before it. */
const plain = (line: string) => line.replace(/\s+#.*$/, '').replace(/^npx /, '');
const ran = lines.filter(
  ([, line], i) =>
    !left.some(([pattern]) => pattern.test(line)) && lines.findIndex(([, other]) => plain(other) === plain(line)) === i,
);

test.for(ran)('%s: %s', async ([, line]) => {
  const cwd = await temporaryFolder();
  const bin = join(cwd, 'bin');
  await mkdir(bin);
  await symlink(main, join(bin, 'libnbd-wasm'));
  await writeFile(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n');
  await chmod(join(bin, 'npx'), 0o755);
  for (const name of ['disk.img', 'vm.img', 'vm.raw']) await run('cp', '--sparse=always', image, join(cwd, name));
  await run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', image, join(cwd, 'vm.qcow2'));
  const { uri } = await nbdkitOnTcp('--filter=cow', 'file', image);
  const command = line.replaceAll(/nbd:\/\/localhost(:10809)?/g, uri);
  const options = { cwd, env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, DISPLAY: '', WAYLAND_DISPLAY: '' } };
  if (serves.test(line)) {
    // It says where it serves, and then serves until it is told to end.
    const listen = line.includes('--listen') ? '' : ' --listen 127.0.0.1:0';
    const child = spawn(
      'bash',
      ['-c', `exec ${command.replace('npx ', '').replace(/(libnbd-wasm \w+)/, `$1${listen}`)}`],
      options,
    );
    atEnd(() => child.kill('SIGKILL'));
    const [said] = await once(child.stdout, 'data');
    expect(String(said)).toMatch(/^(?:\S.*\n)*.*(ws|http):\/\/127\.0\.0\.1:\d+\//);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    return;
  }
  const ended = await new Promise((resolve) => {
    const child = execFile('bash', ['-o', 'pipefail', '-c', command], options, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stderr: error === null ? '' : stderr, stdout: stdout.length > 0 });
    });
    atEnd(() => child.kill('SIGKILL'));
  });
  expect(ended).toEqual({ code: 0, stderr: '', stdout: !/ copy | cp | compare /.test(line) });
});
