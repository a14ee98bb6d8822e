// The package's types, checked too (without skipLibCheck), by the oldest and the newest TypeScript, in every way to find modules: Node's
// programs without the DOM's types, and pages without Node's.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Owner } from '../support/cleanup.js';
import { run } from '../support/processes.js';
import { fileOf, missing } from '../support/runtimes.js';
import { install, link, pack } from './support.js';

const owner = new Owner();
let project: string;

beforeAll(async () => {
  project = await owner.run(async () => install(await pack()));
  for (const name of ['@types/node', 'undici-types']) await link(name, project);
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  for (const [name, program] of Object.entries(programs)) await writeFile(join(project, `${name}.ts`), program);
});
afterAll(() => owner.end());

const everywhere = `
  import { checksum, copy, fileSystem, load, NBD, openDisk, probe } from 'libnbd-wasm';
  import { loadInWorker, type WorkerNBD } from 'libnbd-wasm/worker-client';
  import { NBD as Inline } from 'libnbd-wasm/inline';
  const nbd: NBD = await NBD.create();
  export const sector: Uint8Array = await nbd.pread(512, 0n);
  export const disk = await openDisk('nbd://localhost', { retry: {} });
  export const files = await fileSystem(disk, { partition: (await probe(disk)).partitions[0] });
  export const inWorker: WorkerNBD = await (await loadInWorker({ proxy: 'wss://disks.example' })).create();
  export const inline: NBD = await Inline.create();
`;
const programs = {
  page: `${everywhere}
    const port = new MessageChannel().port1;
    await nbd.connectSocket(port);
    await load({ wasm: fetch('/libnbd.wasm') });
    await loadInWorker({ worker: new Worker('/worker.js', { type: 'module' }) });`,
  node: `${everywhere}
    import { spawn } from 'node:child_process';
    import { open, readFile } from 'node:fs/promises';
    import { connect } from 'node:net';
    import { MessageChannel, Worker } from 'node:worker_threads';
    await nbd.connectSocket(connect({ port: 10809 }));
    await nbd.connectSocket(new MessageChannel().port1);
    await load({ wasm: await readFile('libnbd.wasm') });
    export const thread = new Worker('/worker.js');`,
  // What only Node has, where it is found by the condition "node".
  node_alone: `
    import { spawn } from 'node:child_process';
    import { open } from 'node:fs/promises';
    import { type LookupFunction } from 'node:net';
    import { Worker } from 'node:worker_threads';
    import { copy, openConnection } from 'libnbd-wasm';
    import { createProxy } from 'libnbd-wasm/proxy';
    import { loadInWorker } from 'libnbd-wasm/worker-client';
    declare const lookup: LookupFunction;
    openConnection({ host: 'localhost', port: 10809, lookup });
    await copy(process.stdin, spawn('cat'));
    await copy(await open('a'), await open('b', 'w'));
    await loadInWorker({ worker: new Worker('/worker.js') });
    createProxy({ targets: { disk: 'nbd://localhost' } });
    // @ts-expect-error: a number is nothing to copy from
    await copy(7, 'b');`,
};

const ways: Record<string, object> = {
  node16: { module: 'node16' },
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};
const platforms: Record<string, { files: (way: string) => string[]; options: object }> = {
  Node: {
    files: (way) => (way === 'bundler' ? ['node.ts'] : ['node.ts', 'node_alone.ts']),
    options: { types: ['node'], lib: ['es2022', 'esnext.disposable'] },
  },
  'a page': { files: () => ['page.ts'], options: { types: [], lib: ['es2022', 'esnext.disposable', 'dom', 'dom.iterable'] } },
};
const cases = ['oldest', 'newest'].flatMap((compiler) =>
  Object.keys(ways).flatMap((way) => Object.keys(platforms).map((platform) => [compiler, way, platform] as const)),
);

describe.skipIf(missing !== undefined)(`the types${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.for(cases)('%s TypeScript, %s, for %s', async ([compiler, way, platform]) => {
    const { files, options } = platforms[platform] ?? { files: () => [], options: {} };
    const compilerOptions = {
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      target: 'es2022',
    };
    const config = { compilerOptions: { ...compilerOptions, ...ways[way], ...options }, files: files(way) };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
    const tsc = run(process.execPath, fileOf(`typescript-${compiler}`, 'bin/tsc'), '--project', project, '--pretty', 'false');
    expect(String(await tsc)).toBe('');
  });
});
