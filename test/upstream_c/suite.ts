// Upstream's tests in C: as its makefiles say, compiled by Emscripten on our sockets, and run by Node.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { native } from '../upstream/native.js';
import { type Outcome, runTest } from '../upstream/run_test.js';
import { makePki, makePrograms } from '../upstream/shell_test.js';
import { notCompiled, notRun } from './known.js';
import { buildFolder, type Folder, folders, type Program, readMakefile, source } from './makefile.js';

export interface CTest {
  readonly folder: Folder;
  /** A program's name, or that of the script which calls it. */
  readonly name: string;
  readonly program: Program;
}

/** Every test that is a program in C, or a script around one. Others only look at the sources, or are of the tools. */
export function allTests(): CTest[] {
  return folders.flatMap((folder) => {
    const { programs, tests } = readMakefile(folder);
    return programs
      .filter(({ sources: [main = ''] }) => main.endsWith('.c'))
      .map((program) => {
        const script = tests.find((name) => name.endsWith('.sh') && calls(folder, name, program.name));
        return { folder, name: tests.includes(program.name) ? program.name : (script ?? program.name), program };
      });
  });
}

function calls(folder: Folder, script: string, program: string): boolean {
  return new RegExp(`\\./${program}(?![\\w-])`).test(readFileSync(join(source, folder, script), 'utf8'));
}

export class Suite {
  readonly #name: string;
  readonly #tests: readonly CTest[];

  /** @param name Of the program that all of the tests are in. */
  constructor(name: string, tests: readonly CTest[]) {
    this.#name = name;
    this.#tests = tests;
  }

  /** Compiles the tests, and lays out what they find beside themselves. */
  async prepare(): Promise<void> {
    const list = this.#tests.map(({ folder, program: { name, sources, flags } }) => {
      const [main, ...others] = sources.map((file) => laidOut(folder, file));
      return [name, main, flags.trim().replace(/\s+/g, ' '), others.join(' ')].join('\t');
    });
    await compile(this.#name, `${list.join('\n')}\n`);
    for (const folder of ['bin', ...folders]) {
      await rm(join(buildFolder, folder), { recursive: true, force: true });
      await mkdir(join(buildFolder, folder), { recursive: true });
    }
    await makePrograms(join(buildFolder, 'bin'), 'native');
    await copyFile(join(native, 'functions.sh'), join(buildFolder, 'tests/functions.sh'));
    await symlink(join(source, 'interop/list-exports-test-dir'), join(buildFolder, 'interop/list-exports-test-dir'));
    await this.#configure('nbd-server.conf');
    await this.#configure('nbd-server-tls.conf');
    await makePki(join(buildFolder, 'tests'));
    await promisify(execFile)('psktool', ['-u', 'alice', '-p', join(buildFolder, 'tests/keys.psk')]);
    for (const { folder, name, program } of this.#tests) {
      await this.#writeStarter(folder, program.name);
      if (name.endsWith('.sh')) await copyFile(join(source, folder, name), join(buildFolder, folder, name));
    }
  }

  async run({ folder, name }: CTest): Promise<Outcome> {
    const here = join(buildFolder, folder);
    return await runTest(join(here, name), [], here, {
      PATH: `${join(buildFolder, 'bin')}:${process.env.PATH}`,
      srcdir: join(source, folder),
      LIBNBD_DEBUG: '1',
    });
  }

  // As configure does.
  async #configure(name: string): Promise<void> {
    const text = await readFile(join(source, 'interop', `${name}.in`), 'utf8');
    await writeFile(join(buildFolder, 'interop', name), text.replaceAll('@abs_top_builddir@', buildFolder));
  }

  async #writeStarter(folder: Folder, name: string): Promise<void> {
    const path = join(buildFolder, folder, name);
    await writeFile(path, `#!/bin/sh\nexec node '${join(buildFolder, `${this.#name}.js`)}' ${name} "$@"\n`);
    await chmod(path, 0o755);
  }
}

// automake makes a link in interop/ to the one of tests/.
function laidOut(folder: Folder, file: string): string {
  return existsSync(join(source, folder, file)) && file !== 'requires.c' ? `libnbd/${folder}/${file}` : `libnbd/tests/${file}`;
}

async function compile(name: string, list: string): Promise<void> {
  const child = spawn('bash', [fileURLToPath(new URL('compile.sh', import.meta.url)), name], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.end(list);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`upstream’s tests in C do not compile: ${said}`);
}

/** Whether it is compiled and run. */
export function isRun({ program: { name } }: CTest): boolean {
  return !notCompiled.has(name) && !notRun.has(name);
}
