// The usual programs go through a proxy that follows them: nbdinfo, nbdcopy and qemu-img, each with its own way through the
// handshake.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { firstDifference, pattern } from '../support/bytes.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit, nbdServer, qemuNbd } from '../support/servers.js';
import { bridgeTo, proxyTo } from './support.js';

const disk = pattern(0, 2 ** 20);

/** Servers of the same disk, and the name that it has there. */
const servers: [string, string, () => Promise<{ uri: string }>][] = [
  ['nbdkit', 'any', () => nbdkit('pattern', '1M')],
  ['qemu-nbd', 'vm1', () => qemuNbd({ format: 'raw', size: disk.length, content: disk, options: ['--export-name=vm1'] })],
  ['nbd-server', 'disk', () => nbdServer(disk)],
];
const named = (uri: string, name: string) => uri.replace('///', `///${name}`);
const text = async (...command: [string, ...string[]]) => String(await run(...command));

test.for(servers)('%s, read-only: they read and tell the same as without the proxy', async ([, name, start]) => {
  const server = await start();
  const through = await bridgeTo(await proxyTo(server, { readOnly: true }));
  for (const options of [['--json'], ['--map'], ['--list', '--json'], ['--size'], ['--can', 'flush']]) {
    const nbdinfo = async (uri: string) => {
      const said = await text('nbdinfo', ...options, named(uri, name)).catch(String); // not every server can do everything
      return said.replace(/socket=[^"\s]+/g, '');
    };
    expect(await nbdinfo(through), options.join(' ')).toBe(await nbdinfo(server.uri));
  }
  await expectDisk(named(through, name));
});

test.for(servers)('%s, behind a target with an export: they read it under its name and under none', async ([, name, start]) => {
  const through = await bridgeTo(await proxyTo(named((await start()).uri, name)));
  for (const uri of [through, named(through, name)]) {
    expect(await text('nbdinfo', '--size', uri)).toBe(`${disk.length}\n`);
    await expectDisk(uri);
  }
  await expect(run('nbdinfo', named(through, 'other'))).rejects.toThrow('for export: other');
  await expect(run('nbdinfo', '--list', through)).rejects.toThrow('server replied with error to list request');
});

async function expectDisk(uri: string): Promise<void> {
  const copy = join(await temporaryFolder(), 'copy');
  await run('nbdcopy', uri, `${copy}1`);
  await run('qemu-img', 'convert', '-O', 'raw', uri, `${copy}2`);
  for (const number of [1, 2]) expect(firstDifference(await readFile(`${copy}${number}`), disk)).toBe(-1);
  const { 'virtual-size': size } = JSON.parse(await text('qemu-img', 'info', '--output=json', uri));
  expect(size).toBe(disk.length);
}
