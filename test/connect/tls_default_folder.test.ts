// Where libnbd looks for certificates when it is told of none: in folders of the user's home, and in the system's for root. Root
// shall not have its folder written to by a test: a test that is root's becomes another user.
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { nodeProgram } from '../support/node_program.js';
import { pki } from '../support/pki.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkitOnTcp } from '../support/servers.js';

const keys = pki();
const nobody = process.geteuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

/** Whether the user whom the test becomes can read the package at all. */
const canRun = (() => {
  try {
    const node = [...nobody, process.execPath, '--check', fileURLToPath(new URL('../../dist/node.js', import.meta.url))];
    execFileSync(node[0] ?? '', node.slice(1), { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

it.runIf(canRun).each(['.pki/libnbd', '.config/pki/libnbd'])('%s', async (path) => {
  const home = await temporaryFolder();
  const folder = join(home, path);
  await mkdir(folder, { recursive: true });
  await cp(keys.client, folder, { recursive: true });
  await chmod(home, 0o755);
  await run('chmod', '-R', 'a+rX', home);
  const server = await nbdkitOnTcp('--tls=require', '--tls-verify-peer', `--tls-certificates=${keys.server}`, 'null', '1M');
  const program = `
    import { NBD } from 'libnbd-wasm';
    const nbd = await NBD.create();
    await nbd.connectUri(${JSON.stringify(server.uri.replace('nbd:', 'nbds:'))});
    console.log(nbd.getTlsNegotiated());
    await nbd.shutdown();
    nbd.close();`;
  expect(await nodeProgram(program, { HOME: home }, nobody)).toEqual({ code: 0, stdout: 'true\n', stderr: '' });
});
