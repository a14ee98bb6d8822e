// The table of docs/from_libnbd.md tells the truth: libnbd has each call under the names of C, Python and Go, and a handle has the method.
import { readFile } from 'node:fs/promises';
import * as library from 'libnbd-wasm';
import { expect, test } from 'vitest';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const document = await read('docs/from_libnbd.md');
const api = JSON.parse(await read('build/api/api.json')) as { calls: { name: string }[] };

/** The calls of API.ml, and the three that each language has in its own way. */
const calls = new Set([...api.calls.map(({ name }) => name), 'create', 'close', 'get_error', 'get_errno']);
const camelCase = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const pascalCase = (name: string) => camelCase(`_${name}`);

const rows = [...document.matchAll(/^\| (.+) \|$/gm)].map(([, row = '']) => row.split(' | ')).slice(2);
const words = (cell: string | undefined, pattern: RegExp) => [...(cell ?? '').matchAll(pattern)].map(([, name = '']) => name);

test('each row is about one call, and each name in it is that of the call', () => {
  expect(rows.length).toBeGreaterThan(25);
  for (const row of rows) {
    const [c, python, go, here] = row;
    const [name] = words(c, /\bnbd_(\w+) \(/g);
    if (name === undefined || name === 'get_error') continue; // of a loop, of the same call in another form, of errors
    const names = {
      row: name,
      isKnown: words(c, /\bnbd_(\w+) \(/g).every((one) => calls.has(one)),
      python: words(python, /\bh\.(\w+)\(/g),
      go: words(go, /\bh\.(\w+)\(/g),
      here: words(here, /\bnbd\.(\w+)\(/g),
    };
    const other = name === 'create';
    expect(names).toEqual({
      row: name,
      isKnown: true,
      python: other ? [] : [name],
      go: other ? [] : [pascalCase(name)],
      here: other ? [] : [camelCase(name)],
    });
  }
});

test('each method, class and constant of the last column is there', () => {
  const prototype = library.NBD.prototype as unknown as Record<string, unknown>;
  for (const row of rows) {
    const here = row[3];
    for (const method of words(here, /\bnbd\.(\w+)\(/g))
      expect({ method, type: typeof prototype[method] }).toEqual({ method, type: 'function' });
    for (const name of words(here, /\b([A-Z]+_[A-Z_]+)\b/g)) expect(library).toHaveProperty(name);
  }
});

test('what waits is awaited, and nothing else', async () => {
  const methods = await read('dist/generated/methods.d.ts');
  const signatures = methods.matchAll(/^ {4}(\w+)\((?:(?!\*\/).)*?\): (\w+)/gms);
  const waiting = new Set([...signatures].filter(([, , result]) => result === 'Promise').map(([, name]) => name));
  for (const row of rows) {
    for (const [, awaited = '', method = ''] of (row[3] ?? '').matchAll(/(await )?nbd\.(\w+)\(/g)) {
      expect({ method, awaited: awaited !== '' }).toEqual({ method, awaited: waiting.has(method) });
    }
  }
});
