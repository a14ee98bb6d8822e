// Whatever was connected to, or was not: once the handle is closed, no descriptor of the process's is left open, and no child.
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type NBD, TLS_REQUIRE } from 'libnbd-wasm';
import { expect, it } from 'vitest';
import { failure, newHandle } from '../support/handles.js';
import { holdings, nothing } from '../support/internals.js';
import { pki } from '../support/pki.js';
import { childrenOf } from '../support/process_table.js';
import { nbdkit } from '../support/servers.js';
import { closedPort, portTo } from '../support/tcp.js';

const keys = pki();
const command = ['nbdkit', '--single', '--exit-with-parent', 'null', '1M'];
const activated = ['nbdkit', '--foreground', '--exit-with-parent', 'null', '1M'];

function secure(nbd: NBD, folder: string): void {
  nbd.setTls(TLS_REQUIRE);
  nbd.setTlsCertificates(folder);
  nbd.setTlsHostname('localhost');
}

/** Each prepares what it connects to, and returns how a handle connects. */
const ways: Record<string, () => Promise<(nbd: NBD) => Promise<void>>> = {
  'a Unix socket': async () => {
    const { path } = await nbdkit('null', '1M');
    return (nbd) => nbd.connectUnix(path);
  },
  TCP: async () => {
    const port = await portTo(await nbdkit('null', '1M'));
    return (nbd) => nbd.connectTcp('localhost', String(port));
  },
  'a command': async () => (nbd) => nbd.connectCommand(command),
  'socket activation': async () => (nbd) => nbd.connectSystemdSocketActivation(activated),
  TLS: async () => {
    const { path } = await nbdkit('--tls=require', `--tls-certificates=${keys.server}`, 'null', '1M');
    return (nbd) => {
      secure(nbd, keys.anonymous);
      return nbd.connectUnix(path);
    };
  },
  'TLS that fails': async () => {
    const { path } = await nbdkit('--tls=require', `--tls-certificates=${keys.stranger}`, 'null', '1M');
    return async (nbd) => {
      secure(nbd, keys.anonymous);
      await failure(nbd.connectUnix(path));
    };
  },
  'TLS with credentials that cannot be read': async () => {
    const { path } = await nbdkit('--tls=require', `--tls-certificates=${keys.server}`, 'null', '1M');
    return async (nbd) => {
      nbd.setTls(TLS_REQUIRE);
      nbd.setTlsPskFile('/nonexistent');
      await failure(nbd.connectUnix(path));
    };
  },
  'a port that refuses': async () => {
    const port = await closedPort();
    return async (nbd) => void (await failure(nbd.connectTcp('localhost', String(port))));
  },
  'a host that is not there': async () => async (nbd) => void (await failure(nbd.connectUri('nbd://nosuch.invalid'))),
  'a command that is not there': async () => async (nbd) => void (await failure(nbd.connectCommand(['no-such-command']))),
  'a command that does not serve': async () => async (nbd) => void (await failure(nbd.connectCommand(['echo', 'hello']))),
  'socket activation that does not serve': async () => async (nbd) =>
    void (await failure(nbd.connectSystemdSocketActivation(['true']))),
  'a command that is aborted': async () => async (nbd) =>
    void (await failure(nbd.connectCommand(['cat'], { signal: AbortSignal.timeout(1) }))),
};

const openDescriptors = () => readdirSync('/proc/self/fd').length;

it.each(Object.entries(ways))('%s', async (_name, prepare) => {
  const connect = await prepare();
  const once = async () => {
    const nbd = await newHandle();
    await connect(nbd);
    nbd.close();
    expect(holdings(nbd.lib)).toEqual(nothing);
  };
  const children = childrenOf(process.pid).length;
  await once(); // what the platform opens but once, such as its threads' pipes
  await settled(() => childrenOf(process.pid).length <= children);
  const before = openDescriptors();
  for (let i = 0; i < 5; i++) await once();
  await settled(() => openDescriptors() <= before && childrenOf(process.pid).length <= children);
});

/** Closing takes a few turns. */
async function settled(isSettled: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000; // only a bound
  while (!isSettled() && performance.now() < deadline) await delay(5);
  expect(isSettled(), `${openDescriptors()} descriptors, ${childrenOf(process.pid).length} children`).toBe(true);
}
