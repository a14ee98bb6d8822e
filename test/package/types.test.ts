// The package's types in TypeScript programs for pages and workers, which have them checked too (without skipLibCheck): they need
// nothing of Node's types, and are offered nothing of Node's.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Owner } from '../support/cleanup.js';
import { bundledProgram, complaints } from '../support/type_check.js';
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
const inWorker = `
  import { type Extent, loadInWorker, type NBDError, type WorkerNBD } from 'libnbd-wasm/worker-client';
  const nbd: WorkerNBD = await (await loadInWorker({ worker: new Worker('/worker.js', { type: 'module' }) })).create();
  await nbd.connectWebSocket('wss://disks.example/nbd/disk');
  export const sector: Uint8Array = await nbd.pread(512, 0n);
  export const size: bigint = await nbd.getSize();
  export const first: Extent | void = (await nbd.extents().next()).value;
  export type Code = NBDError['code'];
`;
const ofNode = "import { openConnection } from 'libnbd-wasm'; openConnection({ path: '/run/nbd.sock' });";

/** What the compiler says of a program. */
async function diagnostics(source: string, libraries: readonly string[]): Promise<string[]> {
  const file = join(project, 'program.ts');
  await writeFile(file, source);
  return complaints([file], bundledProgram(libraries));
}

describe.for([['dom', 'dom.iterable'], ['webworker']])('for a bundler: %s', (platform) => {
  const libraries = ['es2022', 'esnext.disposable', ...platform];

  test('the library', async () => {
    const source = `${program} // @ts-expect-error: only Node has this\n ${ofNode}`;
    expect(await diagnostics(source, libraries)).toEqual([]);
  });

  test('its worker', async () => {
    expect(await diagnostics(inWorker, libraries)).toEqual([]);
  });
});
