// What an editor shows of the package where one points at a call: read through TypeScript's language service, of what the build made.
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = `${root}test/docs/program.ts`;
const source = `
import { copy, NBD, openDisk } from 'libnbd-wasm';
const nbd = await NBD.create();
await nbd.connectUri('nbd://localhost');
await nbd.pread(512, 0);
await nbd.blockStatus(512, 0, () => {});
await nbd.optSetMetaContextQueries([], () => {});
nbd.setStrictMode(0);
nbd.aioPwrite(new Uint8Array(1), 0);
nbd.getSize();
const disk = await openDisk('nbd://localhost');
await copy(disk, 'disk.img');
`;

const { fileExists, readFile, directoryExists, getDirectories } = ts.sys;
const text = (path: string) => (path === program ? source : readFile(path));
const service = ts.createLanguageService({
  getScriptFileNames: () => [program],
  getScriptVersion: () => '1',
  getScriptSnapshot: (path) => {
    const found = text(path);
    return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found);
  },
  getCurrentDirectory: () => root,
  getCompilationSettings: () => ({
    strict: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: ['node'],
    skipLibCheck: true,
  }),
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (path) => path === program || fileExists(path),
  readFile: text,
  directoryExists,
  getDirectories,
});

interface Hover {
  signature: string;
  words: string;
  /** The tags, each with its name first. */
  tags: string[];
  /** The links of all of it that lead nowhere. */
  broken: string[];
}

function hover(name: string): Hover {
  const found = service.getQuickInfoAtPosition(program, source.indexOf(`${name}(`));
  if (found === undefined) throw new Error(`there is no hover of ${name}`);
  const { displayParts, documentation = [], tags = [] } = found;
  const parts = [...documentation, ...tags.flatMap((tag) => tag.text ?? [])] as ts.JSDocLinkDisplayPart[];
  return {
    signature: ts.displayPartsToString(displayParts),
    words: ts.displayPartsToString(documentation),
    tags: tags.map((tag) => `${tag.name} ${ts.displayPartsToString(tag.text)}`.trim()),
    broken: parts.filter(({ kind, target }) => kind === 'linkName' && target === undefined).map((part) => part.text),
  };
}

/** What somebody reads without scrolling: the beginning of the words. */
const first = (name: string, lines: number) => hover(name).words.split('\n').slice(0, lines).join('\n');

test('of calls that are used most: a sentence first, then an example', () => {
  expect(first('pread', 5)).toBe(`Reads bytes of the disk, all of them or none.

\`\`\`ts
const sector = await nbd.pread(512, 0); // a Uint8Array with the first 512 bytes
\`\`\``);
  expect(first('connectUri', 4)).toMatch(/^Connects to a server.*\n\n```ts\nawait nbd\.connectUri\('nbd:\/\/localhost\/disk'\)/);
  expect(first('blockStatus', 4)).toMatch(
    /^Asks which ranges of the disk have data and which are holes\..*\n\n```ts\nawait nbd\.bl/,
  );
  expect(first('openDisk', 4)).toMatch(/^Opens a disk of an NBD server.*\n\n```ts\nconst disk = await openDisk\('nbd:/);
  expect(first('copy', 4)).toMatch(/^Copies all of a disk.*\n\n```ts\nconst disk = await openDisk\('nbd:/);
});

describe('what goes in and comes out', () => {
  const tags = (name: string) => hover(name).tags.filter((tag) => /^(param|returns) /.test(tag));

  test('of a read', () => {
    expect(tags('pread')).toEqual([
      'param count How many bytes to read: at most 64 MiB, or less where the server says so.',
      'param offset Where it begins on the disk, in bytes. A number must be exact.',
      expect.stringMatching(/^param options .*`signal`: an `AbortSignal`/),
      'returns The bytes, in a new `Uint8Array`.',
    ]);
  });

  test.for([
    ['connectUri', 2],
    ['blockStatus', 4],
    ['optSetMetaContextQueries', 3],
    ['setStrictMode', 1],
    ['aioPwrite', 3],
    ['getSize', 0],
    ['openDisk', 2],
    ['copy', 3],
  ] as const)('of %s: %i parameters, each in words', ([name, count]) => {
    const parameters = hover(name).tags.filter((tag) => tag.startsWith('param '));
    expect(parameters).toHaveLength(count);
    for (const parameter of parameters) expect(parameter).toMatch(/^param \w+ \S.{12,}/);
    expect(hover(name).tags.some((tag) => tag.startsWith('returns '))).toBe(name !== 'setStrictMode');
  });
});

test('libnbd’s own words come last', () => {
  expect(hover('pread').tags.map((tag) => tag.split(' ', 1)[0])).toEqual([
    ...['param', 'param', 'param', 'returns', 'throws', 'since', 'remarks', 'see'],
  ]);
});

test('constants and calls are links that lead to what they name', () => {
  const strict = hover('setStrictMode').tags.join('\n');
  expect(strict).toContain('{@link STRICT_COMMANDS}');
  expect(strict).toContain('{@link CMD_FLAG_FUA}');
  for (const name of ['pread', 'blockStatus', 'setStrictMode', 'aioPwrite', 'connectUri', 'openDisk', 'copy']) {
    expect({ name, broken: hover(name).broken }).toEqual({ name, broken: [] });
  }
});

test('no name of a C constant is left', () => {
  const methods = text(`${root}dist/generated/methods.d.ts`) ?? '';
  const names = [...methods.matchAll(/LIBNBD_\w+/g)].map(([name]) => name);
  // A variable of the environment; beginnings of names.
  expect([...new Set(names)].sort()).toEqual(['LIBNBD_CONTEXT_', 'LIBNBD_DEBUG', 'LIBNBD_STATE_']);
});
