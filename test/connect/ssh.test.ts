// nbd+ssh: libnbd runs `ssh -p PORT HOST nc …` and talks NBD with it. The ssh here is the test's own: it runs nc's part on this
// machine, and writes down how it was called. Each in a Node of its own, with a PATH that has that ssh.
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeProgram } from '../support/node_program.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';

const relay = `#!${process.execPath}
const { writeFileSync } = require('node:fs');
const { connect } = require('node:net');
const words = process.argv.slice(2);
writeFileSync(process.env.RECORD, JSON.stringify(words));
const socket = connect(process.env.SERVER);
process.stdin.pipe(socket).pipe(process.stdout);
`;

async function connectThroughSsh(uri: string, server: string): Promise<{ words: string[]; stdout: string }> {
  const folder = await temporaryFolder();
  const ssh = join(folder, 'ssh');
  const record = join(folder, 'record');
  await writeFile(ssh, relay);
  await chmod(ssh, 0o755);
  const program = `
    import { NBD } from 'libnbd-wasm';
    const nbd = await NBD.create();
    await nbd.connectUri(${JSON.stringify(uri)});
    console.log(nbd.getSize(), nbd.getExportName());
    await nbd.shutdown();
    nbd.close();`;
  const env = { PATH: `${folder}:${process.env.PATH}`, RECORD: record, SERVER: server };
  const { stdout, stderr } = await nodeProgram(program, env);
  expect(stderr).toBe('');
  return { words: JSON.parse(await readFile(record, 'utf8')) as string[], stdout };
}

it('connects to a Unix socket on the other machine', async () => {
  const { path } = await nbdkit('null', '1M');
  const { words, stdout } = await connectThroughSsh(`nbd+ssh://host.example/disk?socket=${path}`, path);
  expect(words).toEqual(['-p', '22', 'host.example', 'nc', '-U', path]);
  expect(stdout).toBe('1048576n disk\n');
});

it("connects to NBD's port on the other machine", async () => {
  const { path } = await nbdkit('null', '1M');
  const { words } = await connectThroughSsh('nbd+ssh://host.example:2222/', path);
  expect(words).toEqual(['-p', '2222', 'host.example', 'nc', 'localhost', '10809']);
});
