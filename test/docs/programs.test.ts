// The JavaScript of the documentation, run as it stands there against real servers, on other names; what cannot be run here is compiled, or
// its test is named. The other languages are read by what reads them.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proxyTo } from '../proxy/support.js';
import { atEnd, Owner } from '../support/cleanup.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { bundledProgram, complaints } from '../support/type_check.js';
import { blocks, root } from './blocks.js';
import { demoDisk } from './demo_disk.js';

interface Run {
  /** What the text around the block has introduced. */
  before?: string;
  /** What ends a program that would go on. */
  after?: string;
  /** What it prints. */
  prints?: RegExp;
}

/** Blocks that Node runs. */
const runs: Record<string, Run> = {
  'README.md js 1': { prints: /^18874368 bytes\nUint8Array\(512\)/ },
  'README.md js 2': { prints: /^18874368 bytes\n0n \d+n 0n$/m },
  'README.md js 3': { before: 'const bytes = new Uint8Array(512);', after: 'await disk.shutdown();' },
  'README.md js 4': { prints: /^18874368 of 18874368$/m },
  'README.md js 5': { prints: /^1 1048576n? 8388608n? ext4/m, after: 'await disk.shutdown();' },
  'README.md js 6': { prints: /^fstab file 30n?\n\/dev\/sda2/m, after: 'await disk.shutdown();' },
  'README.md js 7': { after: 'console.log(nbd.getSize()); nbd.close();', prints: /^18874368n$/ },
  'docs/copy.md js 1': { prints: /^18874368 of 18874368$/m },
  'docs/disks.md js 1': { before: 'const bytes = new Uint8Array(512);', prints: /^0n \d+n 0n$/m },
  'docs/disks.md js 2': {
    before: `import { DiskError } from 'libnbd-wasm';
      const again = [];
      const writeAgain = async (...range) => void again.push(...range);
      let flushes = 0;
      const disk = { async flush() { if (flushes++ === 0) throw new DiskError('lost', 'EIO', [{ start: 1, end: 3 }]); } };`,
    after: 'console.log(again, flushes);',
    prints: /^\[ 1, 2 \] 2$/,
  },
  'docs/engines.md js 1': {
    before: `import * as nbd from 'libnbd-wasm';
      const disk = await nbd.openDisk('nbd://localhost/vm');
      const files = await nbd.fileSystem(disk, { partition: (await nbd.partitions(disk)).partitions[1] });`,
    after:
      "for await (const { name } of inside.readdir('/')) console.log(name); inside.close(); files.close(); await disk.shutdown();",
    prints: /^fstab$/m,
  },
  'docs/files.md js 1': { prints: /^fstab file 30n?\n\/dev\/sda2/m, after: 'files.close(); await disk.shutdown();' },
  'docs/from_libnbd.md js 1': { prints: /^18874368 bytes\nbase:allocation 0n \[/ },
  'docs/probe.md js 1': { prints: /^gpt \S+\n1 1048576n? 8388608n? \w.* ext4/m, after: 'await disk.shutdown();' },
  'docs/proxy.md js 1': { prints: /^Uint8Array\(512\)/, after: 'nbd.close();' },
  'docs/proxy.md js 2': { before: 'const yourRequests = () => {};', after: 'server.close();' },
};

/** Blocks that are a part of an example, whose test builds and opens it. */
const partsOf: Record<string, string> = {
  'docs/bundlers.md js 1': 'examples/bundlers/vite/vite.config.js',
  'docs/bundlers.md js 2': 'examples/bundlers/webpack/webpack.config.js',
  'docs/bundlers.md js 3': 'examples/bundlers/rollup/rollup.config.js',
};

/** Blocks for pages alone, which are compiled here; the test that does the same in a browser. */
const compiled: Record<string, string> = {
  'README.md js 8': 'test/browser/worker_client.test.ts',
  'docs/bundlers.md js 4': 'test/package/mime_type.test.ts',
  'docs/bundlers.md js 5': 'test/package/worker_script.test.ts',
  'docs/inspector.md js 1': 'test/package/inspector.test.ts',
  'docs/tls.md js 1': 'test/tls/pages.test.ts',
  'docs/worker.md js 1': 'test/browser/worker_client.test.ts',
};

/** Blocks that another test runs. */
const elsewhere: Record<string, string> = {
  'docs/bundlers.md js 6': 'test/package/servers.test.ts',
  'docs/bundlers.md js 7': 'test/package/runtimes.test.ts',
  'docs/bundlers.md js 8': 'test/package/runtimes.test.ts',
  ...Object.fromEntries([2, 3, 4, 5, 6].map((number) => [`docs/copy.md js ${number}`, 'test/copy/recipes.test.ts'])),
};

const owner = new Owner();
let image: string;
beforeAll(async () => {
  image = await owner.run(demoDisk);
});
afterAll(() => owner.end());

const programs = blocks.filter(({ language }) => language === 'js');
const textOf = (name: string): string => {
  const block = blocks.find((one) => one.name === name);
  if (block === undefined) throw new Error(`there is no block ${name}: the list in this file is of another documentation`);
  return block.text;
};

test('each program is run, compiled, or known to another test', () => {
  const known = [runs, partsOf, compiled, elsewhere].flatMap((list) => Object.keys(list));
  expect(known.sort()).toEqual(programs.map(({ name }) => name).sort());
  for (const path of [...Object.values(compiled), ...Object.values(elsewhere)])
    expect({ path, is: existsSync(root + path) }).toEqual({ path, is: true });
});

describe('runs', () => {
  test.for(Object.entries(runs))('%s', async ([name, { before = '', after = '', prints = /^$/ }]) => {
    // What is written is forgotten when the server ends.
    const server = await nbdkit('--filter=cow', '--filter=multi-conn', 'file', image);
    const socket = 'path' in server.address ? server.address.path : '';
    let source = [before, textOf(name), after].join('\n');
    source = source.replaceAll(
      /'nbd:\/\/(?:localhost|one|two)(\/\w+)?'/g,
      (_, path = '/') => `'nbd+unix://${path}?socket=${socket}'`,
    );
    source = source.replaceAll('/run/nbd.sock', socket);
    source = source.replaceAll('listen(8080,', 'listen(0,');
    if (source.includes('ws:')) source = source.replaceAll('ws://127.0.0.1:10810/nbd/disk', (await proxyTo(server)).url());
    const { code } = await transform(source, { target: 'node20', format: 'esm' }); // Node 20 has no `using`
    const folder = await installed();
    await writeFile(join(folder, 'program.mjs'), code);
    expect(await ended(folder)).toMatchObject({ stdout: expect.stringMatching(prints), stderr: '', code: 0 });
  });
});

/** A folder in which the package can be imported. */
async function installed(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/libnbd-wasm'));
  return folder;
}

/** Runs a folder's program, there, to its end. */
const ended = (cwd: string): Promise<{ code: unknown; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, ['program.mjs'], { cwd }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout: stdout.trim(), stderr });
    });
    atEnd(() => child.kill('SIGKILL'));
  });

test.for(Object.entries(partsOf))('%s is %s', ([name, path]) => {
  const plain = (text: string) => text.replaceAll(/^\s*\/\/.*\n/gm, '').trim();
  expect(plain(readFileSync(root + path, 'utf8'))).toContain(plain(textOf(name)));
});

test('those for pages compile', () => {
  const names = Object.keys(compiled);
  const path = (name: string) => `${root}test/docs/${name.replaceAll(/\W/g, '_')}.ts`;
  const sources = new Map(names.map((name) => [path(name), `${textOf(name)}\nexport {};\n`]));
  const options = { ...bundledProgram(['es2023', 'esnext.disposable', 'dom', 'dom.iterable']), skipLibCheck: true };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  host.getSourceFile = (file, ...rest) => {
    const text = sources.get(file);
    return text === undefined ? getSourceFile(file, ...rest) : ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
  };
  expect(complaints([...sources.keys()], options, host)).toEqual([]);
});

test.for(blocks.filter(({ language }) => language === 'json'))('$name is JSON', ({ text }) => {
  expect(JSON.parse(text)).toBeTypeOf('object');
});

test('other languages are few', () => {
  // sh and console have tests of their own (commands.test.ts, test/cli/document.test.ts); nginx's is in test/proxy/nginx.test.ts.
  const known = ['', 'c', 'console', 'html', 'js', 'json', 'nginx', 'python', 'sh'];
  expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([]);
});
