// The credentials for TLS with the servers of nbds: targets, as options.
import { readFileSync } from 'node:fs';
import { readPsk } from '../../node/tls_credentials.js';
import type { TlsCredentials } from '../../node.js';
import { value } from '../command.js';
import { UsageError } from '../usage.js';

export const tlsOptions = {
  'tls-ca': value(
    'FILE',
    "for nbds: targets: the authorities that are trusted, in PEM; default: where libnbd looks, or the system's",
    { choices: 'files' },
  ),
  'tls-cert': value('FILE', 'with --tls-key: the certificate that servers may ask for, in PEM', { choices: 'files' }),
  'tls-key': value('FILE', 'its private key, in PEM', { choices: 'files' }),
  'tls-psk-file': value('FILE', 'a pre-shared key in the place of certificates', { choices: 'files' }),
  'tls-username': value('NAME', 'whose key of --tls-psk-file it is'),
} as const;

type Values = { readonly [Name in keyof typeof tlsOptions]?: string | undefined };

/** What the options name, read; undefined where there is none of them. */
export function tlsCredentials(values: Values): TlsCredentials | undefined {
  const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key, 'tls-psk-file': pskFile, 'tls-username': username } = values;
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--tls-cert and --tls-key go together');
  if (pskFile === undefined && username !== undefined) throw new UsageError('--tls-username is for --tls-psk-file');
  if (pskFile !== undefined) {
    if (ca !== undefined || cert !== undefined) throw new UsageError('--tls-psk-file stands in the place of certificates');
    return { psk: readPsk(pskFile, username) };
  }
  if (ca === undefined && cert === undefined) return undefined;
  return {
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(cert === undefined || key === undefined ? {} : { cert: readFileSync(cert), key: readFileSync(key) }),
  };
}
