// A proxy, measured: libnbd-wasm's or websockify, in a process of its own, with this process as its client.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { connectWebSocket, NBD } from 'libnbd-wasm';
import { jobFromArguments } from './in_flight.js';
import { freePort } from './server.js';
import { measureTransfers } from './transfers.js';

const [competitor = '', ...args] = process.argv.slice(2);
const job = jobFromArguments(args);
const port = await freePort();
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const listen = `127.0.0.1:${port}`;
const commands: Record<string, [string, ...string[]]> = {
  ours: [process.execPath, main, 'proxy', '--listen', listen, '--target', `disk=nbd+unix:///?socket=${job.address}`],
  websockify: [process.env.WEBSOCKIFY ?? 'websockify', `--unix-target=${job.address}`, listen],
};
const [program, ...options] = commands[competitor] ?? ['false'];
const proxy = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
process.once('exit', () => proxy.kill('SIGKILL'));
let complaints = '';
proxy.stderr.setEncoding('utf8').on('data', (text: string) => {
  complaints += text;
});

// It listens a moment after it was started.
async function connected(): Promise<NBD> {
  for (;;) {
    const nbd = await NBD.create();
    try {
      await nbd.connectSocket(connectWebSocket(`ws://${listen}/nbd/disk`));
      return nbd;
    } catch (error) {
      nbd.close();
      if (proxy.exitCode !== null) throw new Error(`${competitor} ended: ${complaints}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const nbd = await connected();
console.log(JSON.stringify(await measureTransfers(job, nbd)));
await nbd.shutdown();
nbd.close();
process.exit(0);
