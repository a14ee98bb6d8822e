// The examples for Node, as their users run them, against real servers. examples/restore_folder.mjs has a test in test/files/.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pki } from '../support/pki.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit, nbdkitOnTcp } from '../support/servers.js';

const certificates = pki();

/** What an example prints. */
const example = async (name: string, ...args: string[]): Promise<string> =>
  String(await run(process.execPath, fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), ...args));

test('read_disk.mjs', async () => {
  const { address } = await nbdkit('pattern', '3M');
  const path = 'path' in address ? address.path : '';
  expect(await example('read_disk.mjs', path)).toMatch(/^disk: {5}3145728 bytes, \d+ of them not zero, read whole in \d+ ms$/m);
});

test('extents.mjs', async () => {
  const server = await nbdkit('data', 'data=@65536 0x1*65536 @262144', 'size=262144');
  expect(await example('extents.mjs', server.uri)).toBe(
    ['0\t65536\thole,zero', '65536\t65536\tdata', '131072\t131072\thole,zero', '65536 of 262144 bytes are data', ''].join('\n'),
  );
});

test('extents.mjs says so where a server tells nothing', async () => {
  const server = await nbdkit('--filter=noextents', '--no-sr', 'memory', '1M');
  await expect(example('extents.mjs', server.uri)).rejects.toThrow('does not tell where its data is');
});

test('several_connections.mjs', async () => {
  const many = await nbdkit('pattern', '10M');
  expect(await example('several_connections.mjs', many.uri, '3')).toBe('10485760 bytes over 3 connections\n');
  const one = await nbdkit('--filter=multi-conn', 'pattern', '10M', 'multi-conn-mode=disable');
  expect(await example('several_connections.mjs', one.uri, '3')).toBe('10485760 bytes over 1 connections\n');
});

test('tls.mjs', async () => {
  const server = await nbdkitOnTcp('--tls=require', `--tls-certificates=${certificates.server}`, 'memory', '1M');
  const { port } = new URL(server.uri);
  const printed = await example('tls.mjs', 'localhost', port, certificates.client);
  expect(printed).toContain('TLS: true, the server was verified as localhost: true\n1048576 bytes at nbds://');
  await expect(example('tls.mjs', 'localhost', port, certificates.misled)).rejects.toThrow('EPROTO');
});

test('own_transport.mjs', async () => {
  expect(await example('own_transport.mjs', 'nbdkit', '-s', 'pattern', '1M')).toBe(
    '1048576 bytes, which begin with 00000000000000000000000000000008\n',
  );
});

test('c/get_size.c, compiled as emscripten/README.md tells', async () => {
  const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const program = join(await temporaryFolder(), 'get_size.cjs');
  await run('bash', root('emscripten/cc.sh'), root('examples/c/get_size.c'), '-o', program);
  const server = await nbdkit('memory', '5M');
  expect(String(await run(process.execPath, program, server.uri))).toBe('5242880\n');
  await expect(run(process.execPath, program)).rejects.toThrow('exit 1: usage: get_size URI');
});
