// TLS with pre-shared keys: the user's key is the proof of both sides. (OpenSSL, as Node has it, does this up to TLS 1.2.)

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NBD, TLS_REQUIRE } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';
import { nodeProgram } from '../support/node_program.js';
import { pki } from '../support/pki.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';

const keys = pki();
const secured = () => nbdkit('--tls=require', `--tls-psk=${keys.psk}`, 'memory', '1M');

async function client(prepare: (nbd: NBD) => void): Promise<NBD> {
  const nbd = await newHandle();
  nbd.setTls(TLS_REQUIRE);
  prepare(nbd);
  return nbd;
}

async function expectWorks(nbd: NBD): Promise<void> {
  expect(nbd.getTlsNegotiated()).toBe(true);
  await nbd.pwrite(new Uint8Array([1, 2, 3]), 1000);
  expect(await nbd.pread(3, 1000)).toEqual(new Uint8Array([1, 2, 3]));
  await nbd.shutdown();
}

describe('the right key', () => {
  it.each(['alice', 'bob'])('of %s', async (user) => {
    const { path } = await secured();
    const nbd = await client((nbd) => {
      nbd.setTlsPskFile(keys.psk);
      nbd.setTlsUsername(user);
    });
    await nbd.connectUnix(path);
    await expectWorks(nbd);
  });

  it('of the user that the URI names', async () => {
    const { path } = await secured();
    const nbd = await newHandle();
    nbd.setUriAllowLocalFile(true);
    await nbd.connectUri(`nbds+unix://bob@/?socket=${path}&tls-psk-file=${keys.psk}`);
    expect(nbd.getTlsUsername()).toBe('bob');
    await expectWorks(nbd);
  });

  it('of the user that the process runs as, where none is named', async () => {
    const { path } = await secured();
    const program = `
      import { NBD, TLS_REQUIRE } from 'libnbd-wasm';
      const nbd = await NBD.create();
      nbd.setTls(TLS_REQUIRE);
      nbd.setTlsPskFile(${JSON.stringify(keys.psk)});
      await nbd.connectUnix(${JSON.stringify(path)});
      console.log(nbd.getTlsNegotiated(), nbd.getTlsUsername());
      await nbd.shutdown();
      nbd.close();`;
    expect(await nodeProgram(program, { LOGNAME: 'alice' })).toEqual({ code: 0, stdout: 'true alice\n', stderr: '' });
  });

  it('in memory', async () => {
    const { path } = await secured();
    const nbd = await client((nbd) => nbd.setTlsCredentials({ psk: { identity: 'alice', key: '0a'.repeat(32) } }));
    await nbd.connectUnix(path);
    await expectWorks(nbd);
  });

  it('in a file with line ends of another system, and a user whose name another starts with', async () => {
    const { path } = await secured();
    const file = join(await temporaryFolder(), 'keys.psk');
    await writeFile(file, `alicea:${'ff'.repeat(32)}\r\nalice:${'0a'.repeat(32)}\r\n`);
    const nbd = await client((nbd) => {
      nbd.setTlsPskFile(file);
      nbd.setTlsUsername('alice');
    });
    await nbd.connectUnix(path);
    await expectWorks(nbd);
  });
});

describe('refused', () => {
  it('a wrong key', async () => {
    const { path } = await secured();
    const nbd = await client((nbd) => {
      nbd.setTlsPskFile(keys.otherPsk);
      nbd.setTlsUsername('alice');
    });
    const error = await nbdError(nbd.connectUnix(path));
    expect(error.message).toMatch(/^nbd_connect_unix: .*TLS handshake failed/);
    expect(error.code).toBe('EPROTO');
    expect(nbd.aioIsDead()).toBe(true);
  });

  it('a user whom the server does not know', async () => {
    const { path } = await secured();
    const nbd = await client((nbd) => nbd.setTlsCredentials({ psk: { identity: 'mallory', key: '0a'.repeat(32) } }));
    const error = await nbdError(nbd.connectUnix(path));
    expect(error.message).toMatch(/^nbd_connect_unix: .*TLS handshake failed/);
  });

  it('a user who is not in the file, before the server is told anything', async () => {
    const { path } = await secured();
    const nbd = await client((nbd) => {
      nbd.setTlsPskFile(keys.psk);
      nbd.setTlsUsername('mallory');
    });
    const error = await nbdError(nbd.connectUnix(path));
    expect(error.code).toBe('EINVAL');
    expect(error.message).toContain(`${keys.psk}: username mallory was not found in PSK file`);
  });

  it('a file that is not there', async () => {
    const { path } = await secured();
    const nbd = await client((nbd) => {
      nbd.setTlsPskFile('/nonexistent/keys.psk');
      nbd.setTlsUsername('alice');
    });
    const error = await nbdError(nbd.connectUnix(path));
    expect(error.code).toBe('ENOENT');
    expect(error.message).toContain('/nonexistent/keys.psk');
  });

  it.each(['not hexadecimal', '', '0a0'])('a key that is none: "%s"', async (key) => {
    const { path } = await secured();
    const nbd = await client((nbd) => nbd.setTlsCredentials({ psk: { identity: 'alice', key } }));
    const error = await nbdError(nbd.connectUnix(path));
    expect(error.code).toBe('EINVAL');
    expect(error.message).toContain('the key of alice is not hexadecimal, two digits a byte');
  });

  // The server knows the first of them, all that was read up to the wrong digit: with it the handshake would succeed.
  it.each([
    ['0a'.repeat(32), 'g0'],
    ['0a'.repeat(32), '0'],
    ['0a'.repeat(32), ' 0a'],
  ])('a key that is cut: %s, then "%s"', async (key, rest) => {
    const { path } = await secured();
    const file = join(await temporaryFolder(), 'keys.psk');
    await writeFile(file, `alice:${key}${rest}\n`);
    const nbd = await client((nbd) => {
      nbd.setTlsPskFile(file);
      nbd.setTlsUsername('alice');
    });
    const error = await nbdError(nbd.connectUnix(path));
    expect(error.code).toBe('EINVAL');
    expect(error.message).toContain(`${file}: the key of alice is not hexadecimal, two digits a byte`);
  });

  it('a server with a certificate instead', async () => {
    const { path } = await nbdkit('--tls=require', `--tls-certificates=${keys.server}`, 'null', '1M');
    const nbd = await client((nbd) => {
      nbd.setTlsPskFile(keys.psk);
      nbd.setTlsUsername('alice');
    });
    const error = await nbdError(nbd.connectUnix(path));
    expect(error.message).toMatch(/^nbd_connect_unix: .*TLS handshake failed/);
  });
});
