// The server that all competitors of a case talk to: nbdkit's memory plugin, in a process that ends when we do.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transport } from './cases.js';

export const serverKinds = ['unix', 'tcp', 'tls'] as const;
export type ServerKind = (typeof serverKinds)[number];

/** What the server of a transport listens on: behind a proxy, a Unix socket. */
export const serverFor = (transport: Transport): ServerKind => (transport === 'tcp' || transport === 'tls' ? transport : 'unix');

/** Larger than what processors cache, so that every server reads memory. */
export const diskSize = 256 * 1024 * 1024;

export interface Server {
  /** A path, or `HOST:PORT`; for TLS the folder that has `socket` and the certificates. */
  readonly address: string;
  stop(): Promise<void>;
}

export async function startServer(transport: ServerKind): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(transport);
    } catch (error) {
      // Somebody else may have taken the port between our finding it free and nbdkit's binding it.
      if (transport === 'unix' || attempt === 5) throw error;
    }
  }
}

async function start(transport: ServerKind): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'libnbd-wasm-bench-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);

  const port = transport === 'tcp' ? await freePort() : 0;
  const path = join(folder, 'socket');
  const listen = transport === 'tcp' ? ['-i', '127.0.0.1', '-p', String(port)] : ['-U', path];
  if (transport === 'tls') makeCertificates(folder);
  const security = transport === 'tls' ? ['--tls=on', `--tls-certificates=${folder}`] : [];
  const ready = join(folder, 'pid'); // nbdkit writes it once it accepts connections
  const nbdkit = spawn(
    'nbdkit',
    ['-f', '--exit-with-parent', '-P', ready, ...listen, ...security, 'memory', `size=${diskSize}`],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const stop = async () => {
    await end(nbdkit);
    removeFolder();
    process.off('exit', removeFolder);
  };
  try {
    await untilReady(nbdkit, ready);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: { tcp: `127.0.0.1:${port}`, unix: path, tls: folder }[transport], stop };
}

/** An authority, and a server's certificate of its making, as libnbd and nbdkit look for them. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const key = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}-key.pem`];
  openssl('req', '-x509', '-days', '2', '-subj', '/CN=bench', ...key('ca'), '-out', 'ca-cert.pem');
  openssl('req', '-subj', '/CN=localhost', ...key('server'), '-out', 'server.csr');
  const signed = ['-CA', 'ca-cert.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-days', '2'];
  openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server-cert.pem');
}

async function untilReady(nbdkit: ChildProcess, file: string): Promise<void> {
  let failure: Error | undefined;
  nbdkit.once('error', (error) => {
    failure = error;
  });
  const deadline = Date.now() + 10_000;
  while (!existsSync(file)) {
    if (failure !== undefined) throw failure;
    if (nbdkit.exitCode !== null) throw new Error(`nbdkit ended with status ${nbdkit.exitCode}`);
    if (Date.now() > deadline) throw new Error('nbdkit did not start within 10 s');
    await sleep(10);
  }
}

async function end(nbdkit: ChildProcess): Promise<void> {
  if (nbdkit.pid === undefined || nbdkit.exitCode !== null || nbdkit.signalCode !== null) return;
  const ended = new Promise((resolve) => nbdkit.once('exit', resolve));
  nbdkit.kill('SIGKILL'); // its disk is in memory: there is nothing to finish
  await ended;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
