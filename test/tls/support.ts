// Handles whose TLS is tls.wasm's, in Node, and servers that insist on TLS.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Library, load, type NBD, TLS_REQUIRE, type TlsCredentials } from 'libnbd-wasm';
import { expect, onTestFinished, vi } from 'vitest';
import { firstDifference, pattern } from '../support/bytes.js';
import { newHandle } from '../support/handles.js';
import type { Pki } from '../support/pki.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit, type Server } from '../support/servers.js';

let shared: Promise<Library> | undefined;

/** The library with TLS by the module. */
export function byModule(): Promise<Library> {
  shared ??= load({ tls: 'wasm' });
  return shared;
}

/** A handle that requires TLS, and expects a server called localhost. */
export async function secureHandle(credentials: TlsCredentials, lib?: Library): Promise<NBD> {
  const nbd = await newHandle(lib ?? (await byModule()));
  nbd.setTls(TLS_REQUIRE);
  nbd.setTlsCredentials(credentials);
  nbd.setTlsHostname('localhost');
  return nbd;
}

const file = (folder: string, name: string) => readFileSync(join(folder, name));
export const trusting = (keys: Pki) => ({ ca: file(keys.anonymous, 'ca-cert.pem') });
export const known = (keys: Pki, folder: 'client' | 'unknown' = 'client') => ({
  ...trusting(keys),
  cert: file(keys[folder], 'client-cert.pem'),
  key: file(keys[folder], 'client-key.pem'),
});
export const careful = (keys: Pki) => ({ ...trusting(keys), crl: file(keys.careful, 'ca-crl.pem') });
export const alice = { psk: { identity: 'alice', key: '0a'.repeat(32) } };

// nbdkit 1.32 aborts when clients are cut off while several threads send.
export const secureNbdkit = (folder: string, ...more: string[]): Promise<Server> =>
  nbdkit('--threads=1', '--tls=require', `--tls-certificates=${folder}`, ...more, 'pattern', '8M');

/** Reads a server's pattern, and ends the connection. */
export async function expectPattern(nbd: NBD, length = 2 ** 22): Promise<void> {
  expect(nbd.getTlsNegotiated()).toBe(true);
  expect(firstDifference(await nbd.pread(length, 2 ** 20), pattern(2 ** 20, length))).toBe(-1);
  await nbd.shutdown();
  nbd.close();
}

/** Has GnuTLS, which the servers of a test use, disable what these lines say. */
export async function overridePriorities(...lines: string[]): Promise<void> {
  const path = join(await temporaryFolder(), 'priority');
  await writeFile(path, `[overrides]\n${lines.join('\n')}\n`);
  vi.stubEnv('GNUTLS_SYSTEM_PRIORITY_FILE', path);
  onTestFinished(() => void vi.unstubAllEnvs());
}

export const noAes = ['AES-128-GCM', 'AES-256-GCM', 'AES-128-CCM', 'AES-256-CCM', 'AES-128-CBC', 'AES-256-CBC'].map(
  (cipher) => `tls-disabled-cipher = ${cipher}`,
);
export const noTls13 = 'disabled-version = tls1.3';
