// The installed package in other runtimes than the one that runs the tests: each connects to a real server, writes, reads, and asks for
// the extents. README.md has the versions.
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proxyTo } from '../proxy/support.js';
import { Owner } from '../support/cleanup.js';
import { OwnedProcess, run } from '../support/processes.js';
import { fileOf, missing, versions } from '../support/runtimes.js';
import { nbdkitOnTcp, type Server } from '../support/servers.js';
import { install, manifest, pack } from './support.js';

const owner = new Owner();
let project: string;

beforeAll(async () => {
  project = await owner.run(async () => install(await pack()));
  await cp(fileURLToPath(new URL('programs/', import.meta.url)), project, { recursive: true });
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
});
afterAll(() => owner.end());

const disk = (): Promise<Server> => nbdkitOnTcp('memory', '4M');
/** Pages of nbdkit's have 32 KiB; a hole of which it knows that it is zero is 3. */
const result = {
  size: 4_194_304,
  bytes: [0, 7, 7],
  extents: [
    [0, 32_768, 0],
    [32_768, 4_161_536, 3],
  ],
};

const deno = [fileOf('@deno/linux-x64-glibc', 'deno'), 'run', '--no-remote', '--quiet', '--allow-net', '--allow-read'];
const runtimes: Record<string, string[]> = {
  'Node 20': [fileOf('node-20', 'bin/node')],
  'Node 22': [fileOf('node-22', 'bin/node')],
  'Node 24': [fileOf('node-24', 'bin/node')],
  'Deno, which may reach the network and read files, and no more': deno,
  Bun: [fileOf('@oven/bun-linux-x64', 'bin/bun')],
};

/** What a program prints in a runtime. */
async function printed([command = '', ...args]: readonly string[], program: string, ...words: string[]): Promise<string> {
  return String(await run(command, ...args, join(project, program), ...words));
}

describe.skipIf(missing !== undefined).for(Object.entries(runtimes))(
  `%s${missing === undefined ? '' : ` (${missing})`}`,
  ([, runtime]) => {
    test('over TCP', async () => {
      expect(JSON.parse(await printed(runtime, 'read_write.mjs', (await disk()).uri))).toEqual(result);
    });

    test('through a WebSocket', async () => {
      const proxy = await proxyTo(await disk());
      expect(JSON.parse(await printed(runtime, 'read_write.mjs', proxy.url()))).toEqual(result);
    });

    test('in a worker', async () => {
      expect(JSON.parse(await printed(runtime, 'in_worker.mjs', (await disk()).uri))).toEqual(result);
    });
  },
);

describe.skipIf(missing !== undefined)(`on its own terms${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('Node 24: the module by an import of its source', async () => {
    expect(await printed([fileOf('node-24', 'bin/node')], 'source_import.mjs')).toBe('true libnbd\n');
  });

  test('workerd: the module by an import, and connections by cloudflare:sockets', async () => {
    await build({
      entryPoints: [join(project, 'workerd.js')],
      absWorkingDir: project,
      outdir: join(project, 'out'),
      bundle: true,
      format: 'esm',
      conditions: ['workerd', 'worker', 'browser'],
      external: ['cloudflare:*'],
      loader: { '.wasm': 'copy' },
      assetNames: '[name]',
      logLevel: 'silent',
    });
    const config = join(project, 'workerd.capnp');
    await writeFile(config, (await readFile(config, 'utf8')).replace('DISK_URI', (await disk()).uri));
    const socket = join(project, 'http.socket');
    const workerd = fileOf('@cloudflare/workerd-linux-64', 'bin/workerd');
    const server = new OwnedProcess([workerd, 'serve', `--socket-addr=http=unix:${socket}`, config]);
    await server.untilFileExists(socket);
    const [answer] = (await once(get({ socketPath: socket }), 'response')) as [IncomingMessage];
    expect(await json(answer)).toEqual(result);
  });
});

test('README.md has the versions, and no others', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const rows = readme.matchAll(/^\| (Node|Deno|Bun|workerd|TypeScript) \| ([^|]*) \|.*\|$/gm);
  const told = Object.fromEntries([...rows].map(([, name, cell]) => [name, cell]));
  const { devDependencies } = await manifest();
  const compiler = devDependencies?.typescript?.replace('~', '');
  expect(told).toEqual({
    Node: ['node-20', 'node-22', 'node-24'].map((name) => versions[name]).join(', '),
    Deno: versions['@deno/linux-x64-glibc'],
    Bun: versions['@oven/bun-linux-x64'],
    workerd: versions['@cloudflare/workerd-linux-64'],
    TypeScript: [versions['typescript-oldest'], compiler, versions['typescript-newest']].join(', '),
  });
});
