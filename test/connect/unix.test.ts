// connectUnix: upstream's tests/connect-unix.c, and socket names that are special.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';
import { temporaryFolder } from '../support/processes.js';
import { listen, nbdkit } from '../support/servers.js';
import { join2 } from '../support/socket_kinds.js';

describe('connectUnix', () => {
  it('connects to a Unix socket', async () => {
    const { path } = await nbdkit('null', '1M');
    const nbd = await newHandle();
    await nbd.connectUnix(path);
    expect(nbd.getSize()).toBe(1048576n);
    expect(nbd.getUri()).toBe(`nbd+unix:///?socket=${path}`);
    await nbd.shutdown();
  });

  it('connects to a path that is not ASCII', async () => {
    const server = await nbdkit('null', '1M');
    const path = join(await temporaryFolder(), 'Büchse ✓');
    const relay = createServer((socket) => join2(socket, server.socket()));
    await listen(relay, { path });
    const nbd = await newHandle();
    await nbd.connectUnix(path);
    expect(nbd.getSize()).toBe(1048576n);
  });

  it('refuses a path that no socket address holds', async () => {
    const nbd = await newHandle();
    const path = `/${'x'.repeat(108)}`;
    const error = await nbdError(nbd.connectUnix(path));
    expect(error.code).toBe('ENAMETOOLONG');
    expect(error.message).toBe(`nbd_connect_unix: socket name too long: ${path}: Filename too long`);
  });

  it('says so when there is no such socket, and names it', async () => {
    const path = join(await temporaryFolder(), 'nothing');
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectUnix(path));
    expect(error.code).toBe('ENOENT');
    expect(error.message).toMatch(/^nbd_connect_unix: connect: /);
    expect(error.message).toContain(path);
    expect(nbd.aioIsDead()).toBe(true);
  });
});
