// A public key infrastructure of certificates for tests, made by openssl once for a test file: folders as libnbd, nbdkit and
// qemu-nbd read them, each with what one party has, and files of pre-shared keys.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** Each is a folder. */
export interface Pki {
  /** A server for `localhost` and 127.0.0.1. */
  readonly server: string;
  /** Servers of the same authority that nobody should take: out of date, of another name, revoked. */
  readonly expired: string;
  readonly elsewhere: string;
  readonly revoked: string;
  /** A server of an authority that nobody knows. */
  readonly stranger: string;
  /** A client that knows the authority, and has a certificate of its own. */
  readonly client: string;
  /** A client that knows the authority, and has no certificate. */
  readonly anonymous: string;
  /** A client that has the authority's list of revoked certificates as well. */
  readonly careful: string;
  /** A client that knows another authority only. */
  readonly misled: string;
  /** A client whose certificate is of an authority that the server does not know. */
  readonly unknown: string;
  /** A file of pre-shared keys, of alice and bob, in a folder that qemu reads too. */
  readonly psk: string;
  /** The same users with other keys. */
  readonly otherPsk: string;
}

/** To be called at a test file's top: makes the folders before its tests and removes them after. */
export function pki(): Pki {
  const made: Partial<Record<keyof Pki, string>> = {};
  let root = '';
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'libnbd-wasm-pki-'));
    Object.assign(made, await make(root));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return made as Pki; // filled before the first test
}

async function make(root: string): Promise<Pki> {
  const folder = (name: string) => {
    const path = join(root, name);
    mkdirSync(path);
    return path;
  };
  const authority = new Authority(folder('authority'));
  const other = new Authority(folder('other-authority'));
  const local = 'DNS:localhost,IP:127.0.0.1,IP:::1';
  const server = async (name: string, issuer: Authority, alternatives = local, end?: string) => {
    const path = folder(name);
    await copyFile(issuer.certificate, join(path, 'ca-cert.pem'));
    issuer.issue(path, 'server', alternatives, end === undefined ? {} : { end });
    return path;
  };
  const client = async (name: string, trusted: Authority, issuer?: Authority) => {
    const path = folder(name);
    await copyFile(trusted.certificate, join(path, 'ca-cert.pem'));
    issuer?.issue(path, 'client', 'email:client@localhost');
    return path;
  };
  const revoked = await server('revoked', authority);
  const careful = await client('careful', authority);
  authority.revoke(join(revoked, 'server-cert.pem'), join(careful, 'ca-crl.pem'));
  const keys = (name: string, alice: string, bob: string) => {
    const path = join(folder(name), 'keys.psk');
    writeFileSync(path, `alice:${alice.repeat(32)}\nbob:${bob.repeat(32)}\n`);
    return path;
  };
  return {
    server: await server('server', authority),
    expired: await server('expired', authority, local, '20200102000000Z'),
    elsewhere: await server('elsewhere', authority, 'DNS:elsewhere.example'),
    revoked,
    stranger: await server('stranger', other),
    client: await client('client', authority, authority),
    anonymous: await client('anonymous', authority),
    careful,
    misled: await client('misled', other),
    unknown: await client('unknown', authority, other),
    psk: keys('psk', '0a', '0b'),
    otherPsk: keys('other-psk', 'fa', 'fb'),
  };
}

/** What a certificate has that is not usual: dates as `20200102000000Z`, and a key of another kind, as openssl names it. */
interface Unusual {
  start?: string;
  end?: string;
  key?: readonly string[];
}

export class Authority {
  readonly certificate: string;
  readonly #key: string;
  readonly #folder: string;
  readonly #config: string;

  /** `issuer`: the authority that this one is of; it signs its own certificate unless there is one. */
  constructor(folder: string, issuer?: Authority, key: readonly string[] = p256) {
    this.#folder = folder;
    this.certificate = join(folder, 'ca-cert.pem');
    this.#key = join(folder, 'ca-key.pem');
    this.#config = join(folder, 'config');
    writeFileSync(join(folder, 'index'), '');
    writeFileSync(
      this.#config,
      `[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ca]
default_ca = settings
[settings]
dir = ${folder}
database = ${folder}/index
new_certs_dir = ${folder}
certificate = ${this.certificate}
private_key = ${this.#key}
default_md = sha256
default_crl_days = 30
rand_serial = yes
unique_subject = no
copy_extensions = copy
policy = policy
[policy]
commonName = supplied
`,
    );
    const name = ['-subj', `/CN=${folder.split('/').at(-1)}`];
    if (issuer === undefined) {
      const self = ['-x509', '-extensions', 'authority', '-days', '3000', '-out', this.certificate];
      openssl('req', '-config', this.#config, ...newKey(this.#key, key), ...name, ...self);
      return;
    }
    const powers = ['-addext', 'basicConstraints=critical,CA:true', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
    const request = join(folder, 'request');
    openssl('req', '-config', this.#config, '-new', ...newKey(this.#key, key), ...name, ...powers, '-out', request);
    issuer.#sign(request, this.certificate, {});
  }

  /** Makes `<role>-cert.pem` and `<role>-key.pem`. */
  issue(folder: string, role: 'server' | 'client', alternatives: string, unusual: Unusual = {}): void {
    const request = join(this.#folder, 'request');
    const names = ['-subj', `/CN=${role}`, '-addext', `subjectAltName=${alternatives}`];
    const key = newKey(join(folder, `${role}-key.pem`), unusual.key);
    openssl('req', '-config', this.#config, '-new', ...key, ...names, '-out', request);
    this.#sign(request, join(folder, `${role}-cert.pem`), unusual);
  }

  #sign(request: string, out: string, { start = '20200101000000Z', end = '20490101000000Z' }: Unusual): void {
    const dates = ['-startdate', start, '-enddate', end];
    openssl('ca', '-config', this.#config, '-batch', '-notext', ...dates, '-in', request, '-out', out);
  }

  revoke(certificate: string, list: string): void {
    openssl('ca', '-config', this.#config, '-revoke', certificate);
    openssl('ca', '-config', this.#config, '-gencrl', '-out', list);
  }
}

const p256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const newKey = (path: string, kind: readonly string[] = p256) => ['-newkey', ...kind, '-nodes', '-keyout', path];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
