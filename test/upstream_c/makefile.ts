// Upstream's makefiles of its tests in C: which programs there are, what each is made of, and which tests there are.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const source = fileURLToPath(new URL('../../build/libnbd/', import.meta.url));
/** Where the tests run: upstream's build folder. */
export const buildFolder = fileURLToPath(new URL('../../build/c/', import.meta.url));

export type Folder = 'tests' | 'interop';
export const folders: readonly Folder[] = ['tests', 'interop'];

export interface Program {
  readonly folder: Folder;
  readonly name: string;
  /** The file that has its main; then those that help it. */
  readonly sources: readonly string[];
  /** What it is compiled with, as one writes it for a shell. */
  readonly flags: string;
}

export interface Makefile {
  readonly programs: readonly Program[];
  /** Programs by their names, and shell scripts. */
  readonly tests: readonly string[];
}

/** All conditions of the makefile are taken to be met. */
export function readMakefile(folder: Folder): Makefile {
  const text = readFileSync(join(source, folder, 'Makefile.am'), 'utf8')
    .replace(/#.*$/gm, '')
    .replace(/\\\n/g, ' ');
  const variables = new Map<string, string>();
  for (const [, name = '', how, value = ''] of text.matchAll(/^(\w+) *(\+?=) *(.*)$/gm)) {
    variables.set(name, how === '+=' ? `${variables.get(name) ?? ''} ${value}` : value);
  }
  for (const [name, value] of fixed(folder)) variables.set(name, value);
  const value = (name: string): string =>
    (variables.get(name) ?? '').replace(/\$\((\w+)\)/g, (_, inner: string) => value(inner)).replaceAll('$$', '$');
  const words = (name: string): string[] => value(name).split(/\s+/).filter(Boolean);

  const programs = words('check_PROGRAMS').map((name) => {
    const variable = name.replaceAll('-', '_');
    const own = variables.has(`${variable}_CPPFLAGS`) ? `${variable}_CPPFLAGS` : 'AM_CPPFLAGS';
    return { folder, name, sources: words(`${variable}_SOURCES`).filter((file) => /\.(c|cpp)$/.test(file)), flags: value(own) };
  });
  return { programs, tests: words('TESTS') };
}

// What configure and automake set. The compiler sees the sources as libnbd/, the tests see them where they are.
function fixed(folder: Folder): [string, string][] {
  return [
    ['top_srcdir', 'libnbd'],
    ['srcdir', join(source, folder)],
    ['abs_srcdir', join(source, folder)],
    ['abs_top_builddir', buildFolder.replace(/.$/, '')],
    ['NBDKIT', 'nbdkit'],
    ['NBD_SERVER', 'nbd-server'],
    ['QEMU_NBD', 'qemu-nbd'],
  ];
}
