// The package's types in TypeScript programs for pages and workers, which have them checked too (without skipLibCheck): they need
// nothing of Node's types, and are offered nothing of Node's.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Owner } from '../support/cleanup.js';
import { install, pack } from './support.js';

const owner = new Owner();
let project: string;

beforeAll(async () => {
  project = await owner.run(async () => install(await pack()));
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
});
afterAll(() => owner.end());

const program = `
  import { connectWebSocket, NBD, type NBDError } from 'libnbd-wasm';
  const nbd: NBD = await NBD.create();
  await nbd.connectSocket(connectWebSocket('wss://disks.example/nbd/disk'));
  export const sector: Uint8Array = await nbd.pread(512, 0n);
  export const size: bigint = nbd.getSize();
  export type Code = NBDError['code'];
`;
const ofNode = "import { openConnection } from 'libnbd-wasm'; openConnection({ path: '/run/nbd.sock' });";

/** What the compiler says of a program. */
async function diagnostics(source: string, libraries: readonly string[]): Promise<string[]> {
  const file = join(project, 'program.ts');
  await writeFile(file, source);
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
    lib: libraries.map((name) => `lib.${name}.d.ts`),
  };
  const found = ts.getPreEmitDiagnostics(ts.createProgram([file], options));
  return found.map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

test.for([['dom', 'dom.iterable'], ['webworker']])('for a bundler: %s', async (platform) => {
  const source = `${program} // @ts-expect-error: only Node has this\n ${ofNode}`;
  expect(await diagnostics(source, ['es2022', 'esnext.disposable', ...platform])).toEqual([]);
});
