// docs/cli.md, run as it stands there: each command that has its output below it.
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main, ours } from '../node/cli.js';
import { temporaryFolder } from '../support/processes.js';

const document = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const blocks = [...document.matchAll(/^```console\n(.*?)^```$/gms)].map(([, text = '']) => text);
const commands: readonly string[] = (await ours('--help')).match(/(?<=^ {2}libnbd-wasm )\w+/gm) ?? [];

/** A folder with what the document's commands work on, where libnbd-wasm is in the PATH. */
async function place(): Promise<{ cwd: string; env: NodeJS.ProcessEnv }> {
  const cwd = await temporaryFolder();
  const bin = join(await temporaryFolder(), 'bin');
  await mkdir(bin);
  await symlink(main, join(bin, 'libnbd-wasm'));
  const disk = Buffer.alloc(2 ** 20);
  disk.write('hello');
  await writeFile(join(cwd, 'disk.img'), disk);
  return { cwd, env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, LC_ALL: 'C.UTF-8' } };
}

const shell = (line: string, { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }): Promise<string> =>
  new Promise((resolve) => {
    execFile('bash', ['-c', `{ ${line}\n} 2>&1`], { cwd, env }, (_, stdout) => resolve(stdout));
  });

/** Text without what ends a line, which a document does not show. */
const shown = (text: string) => text.replaceAll(/[ \t]+$/gm, '').trimEnd();

test.for(blocks.map((text) => [text.split('\n')[0] ?? '', text] as const))('%s', async ([, text]) => {
  const where = await place();
  for (const part of text.split(/^\$ /m).slice(1)) {
    const [line = '', ...output] = part.split('\n');
    expect({ line, output: shown(await shell(line, where)) }).toEqual({ line, output: shown(output.join('\n')) });
  }
});

test('every command has a section or a row', () => {
  const missing = commands.filter((name) => !document.includes(`[\`${name}\`]`));
  expect(missing).toEqual([]);
});

test('every link leads to a heading that there is', () => {
  const headings = [...document.matchAll(/^##+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...document.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !headings.includes(link))).toEqual([]);
});
