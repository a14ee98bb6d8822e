// `libnbd-wasm completion`: what real shells make of half-typed lines with its scripts.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failure, ours } from '../node/cli.js';
import { Shell, type ShellName } from './half_typed.js';

const shells: ShellName[] = ['bash', 'zsh'];

/** A line that has one completion, and the words that it becomes in each shell. */
const single: [line: string, words: string[]][] = [
  ['libnbd-wasm inf', ['info']],
  ['libnbd-wasm --ver', ['--version']],
  ['libnbd-wasm help du', ['help', 'dump']],
  ['libnbd-wasm info --js', ['info', '--json']],
  ['libnbd-wasm info nbd://localhost --js', ['info', 'nbd://localhost', '--json']],
  ['libnbd-wasm info nbd:/', ['info', 'nbd://']],
  ['libnbd-wasm info ws:', ['info', 'ws://']],
  ['libnbd-wasm info nbd+u', ['info', 'nbd+unix:///?socket=']],
  ['libnbd-wasm info [ nbdki', ['info', '[', 'nbdkit']],
  ['libnbd-wasm info [ cat disk.', ['info', '[', 'cat', 'disk.img']],
  ['libnbd-wasm info [ cat ] --js', ['info', '[', 'cat', ']', '--json']],
  ['libnbd-wasm info -- --js', ['info', '--', '--js']],
  ['libnbd-wasm inspect --format=qc', ['inspect', '--format=qcow2']],
  ['libnbd-wasm inspect --format qc', ['inspect', '--format', 'qcow2']],
  ['libnbd-wasm inspect --cert=disk.', ['inspect', '--cert=disk.img']],
  ['libnbd-wasm inspect --cert disk.', ['inspect', '--cert', 'disk.img']],
  ['libnbd-wasm inspect two', ['inspect', 'two words']],
  ["libnbd-wasm inspect 'nbd+unix:///?socket=disk.", ['inspect', 'nbd+unix:///?socket=disk.img']],
  ['libnbd-wasm proxy --target a=nbd://a --read', ['proxy', '--target', 'a=nbd://a', '--read-only']],
  ['libnbd-wasm dump -n 5 --ti', ['dump', '-n', '5', '--timeout']],
  ['nbdinfo --js', ['--json']],
  ['nbdinfo nbd+u', ['nbd+unix:///?socket=']],
];

describe.for(shells)('%s', (name) => {
  test('completes what has one completion', async () => {
    const shell = await Shell.start(name, 'libnbd-wasm', 'nbdinfo');
    for (const file of ['disk.img', 'two words']) await writeFile(join(shell.folder, file), '');
    for (const [line, expected] of single) {
      const words = await shell.words(line);
      // In bash an option that takes a value ends with its =.
      expect({ line, words: words.map((word) => word.replace(/^(--timeout)=$/, '$1')) }).toEqual({ line, words: expected });
    }
  });

  test('offers what there is to choose from', async () => {
    const shell = await Shell.start(name);
    await writeFile(join(shell.folder, 'network.img'), '');
    const replies = (line: string) => shell.replies(line);
    expect(await replies('libnbd-wasm ')).toEqual(expect.arrayContaining(['info', 'dump', 'proxy', 'inspect', 'help']));
    expect(await replies('libnbd-wasm proxy --log ')).toEqual(['text', 'json']);
    expect(await replies('libnbd-wasm completion ')).toEqual(['bash', 'zsh', 'libnbd-wasm', 'nbdinfo', 'nbddump', 'nbdcopy']);
    const addresses = ['nbd://', 'nbds://', 'nbd+unix:///?socket=', 'nbds+unix:///?socket=', 'nbd+ssh://'];
    expect(await replies('libnbd-wasm info n')).toEqual(addresses); // which takes no file
    expect(await replies('libnbd-wasm inspect n')).toEqual([...addresses, 'network.img']);
  });

  test('knows every option of every command', async () => {
    const shell = await Shell.start(name);
    const commands = [...(await ours('--help')).matchAll(/^ {2}libnbd-wasm (\w+)/gm)].map(([, command]) => command ?? '');
    expect(commands).toContain('info');
    for (const command of commands) {
      const options = (await ours(command, '--long-options')).trim().split('\n');
      const replies = await shell.replies(`libnbd-wasm ${command} --`);
      const offered = new Set(replies.map((reply) => reply.replace(/=$/, '')));
      expect({ command, missing: options.filter((option) => !offered.has(option)) }).toEqual({ command, missing: [] });
    }
  });

  test('evaluates no word', async () => {
    const shell = await Shell.start(name);
    const hostile = ['$(touch made)x', '`touch made`y', 'z;touch made'];
    for (const file of hostile) await writeFile(join(shell.folder, file), '');
    expect(await shell.words(String.raw`libnbd-wasm inspect \$`)).toEqual(['inspect', hostile[0]]);
    expect(await shell.words(String.raw`libnbd-wasm inspect \``)).toEqual(['inspect', hostile[1]]);
    expect(await shell.words('libnbd-wasm inspect z')).toEqual(['inspect', hostile[2]]);
    for (const line of ['info --$(touch made)', 'info --timeout=`touch made`', '"$(touch made)" -', 'info [ "$(touch made)" ']) {
      await shell.replies(`libnbd-wasm ${line}`);
    }
    expect((await readdir(shell.folder)).sort()).toEqual([...hostile].sort());
  });
});

test('a name that is none of its programs is refused, and so is another shell', async () => {
  expect(await failure('completion')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no shell was named: name one of bash, zsh'),
  });
  expect((await failure('completion', 'fish')).stderr).toContain('there is no completion for fish');
  expect((await failure('completion', 'bash', 'x; rm')).stderr).toContain('x; rm cannot be completed: name some of libnbd-wasm');
});
