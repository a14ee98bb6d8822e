// Credentials for TLS in files, found as libnbd finds them.
import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { NBDError } from '../base/errors.js';
import type { TlsCredentials, TlsSettings } from '../libnbd/host.js';

export function readCredentials(settings: TlsSettings): TlsCredentials {
  if (settings.pskFile !== undefined) return { psk: readPsk(settings.pskFile, settings.username) };
  const folders = settings.certificates === undefined ? defaultFolders() : [settings.certificates];
  const folder = folders.find((path) => existsSync(join(path, 'ca-cert.pem')));
  if (folder === undefined) return {}; // then the system's authorities are trusted
  const file = (name: string) => join(folder, name);
  const optional = (name: string) => (existsSync(file(name)) ? readFileSync(file(name)) : undefined);
  const ca = readFileSync(file('ca-cert.pem'));
  const cert = optional('client-cert.pem');
  const key = optional('client-key.pem');
  const crl = optional('ca-crl.pem');
  return {
    ca,
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(crl === undefined ? {} : { crl }),
  };
}

function defaultFolders(): string[] {
  if (process.geteuid?.() === 0) return ['/etc/pki/libnbd'];
  return [join(homedir(), '.pki/libnbd'), join(homedir(), '.config/pki/libnbd')];
}

/** The key of a user in a file of lines `user:key`, the key in hexadecimal. */
export function readPsk(path: string, username = process.env.LOGNAME ?? userInfo().username): { identity: string; key: string } {
  const lines = readFileSync(path, 'utf8').split(/\r?\n/);
  const key = lines.find((line) => line.startsWith(`${username}:`))?.slice(username.length + 1);
  if (key === undefined || key === '') throw new NBDError(`${path}: username ${username} was not found in PSK file`, 'EINVAL');
  return { identity: username, key };
}
