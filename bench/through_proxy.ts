// A proxy, measured, in a process of its own: libnbd-wasm's, websockify, or one that only copies. This process is its client.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { connectWebSocket, NBD, openConnection } from 'libnbd-wasm';
import { cpuSeconds } from './cpu.js';
import { hostAndPort, jobFromArguments, type Measurement, measure } from './in_flight.js';
import { Answers, ByHand } from './peers/by_hand.js';
import { openByHand, type Send } from './peers/web_socket_by_hand.js';
import { freePort } from './server.js';
import { measureTransfers } from './transfers.js';

const [competitor = '', ...args] = process.argv.slice(2);
const job = jobFromArguments(args);
const port = await freePort();
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const listen = `127.0.0.1:${port}`;
const commands: Record<string, [string, ...string[]]> = {
  ours: [
    process.execPath,
    file('../../dist/cli/main.js'),
    'proxy',
    '--listen',
    listen,
    '--target',
    `disk=nbd+unix:///?socket=${job.address}`,
  ],
  websockify: [process.env.WEBSOCKIFY ?? 'websockify', `--unix-target=${job.address}`, listen],
  relay: [file('relay'), String(port), job.address],
};
const path = competitor === 'relay' ? undefined : '/nbd/disk'; // which is no WebSocket
const [program, ...options] = commands[competitor] ?? ['false'];
const proxy = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
process.once('exit', () => proxy.kill('SIGKILL'));
let complaints = '';
proxy.stderr.setEncoding('utf8').on('data', (text: string) => {
  complaints += text;
});

// It listens a moment after it was started.
async function once<T>(connect: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (proxy.exitCode !== null) throw new Error(`${competitor} ended: ${complaints}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const meter = () => cpuSeconds(proxy.pid ?? 0);

async function measureLibrary(): Promise<Measurement> {
  const nbd = await once(async () => {
    const nbd = await NBD.create();
    try {
      await nbd.connectSocket(
        path === undefined ? openConnection(hostAndPort(listen)) : connectWebSocket(`ws://${listen}${path}`),
      );
      return nbd;
    } catch (error) {
      nbd.close();
      throw error;
    }
  });
  const measurement = await measureTransfers(job, nbd, meter);
  await nbd.shutdown();
  nbd.close();
  return measurement;
}

async function measureByHand(): Promise<Measurement> {
  let send: Send = () => {};
  const client = new ByHand(job, (message) => send(message), new Answers(job));
  send = await once(() => openByHand(listen, path, (bytes) => client.received(bytes)));
  const measurement = await measure(job, await client.handshake(), client.request, meter);
  client.disconnect();
  return measurement;
}

console.log(JSON.stringify(await (job.transport === 'proxy' ? measureLibrary() : measureByHand())));
process.exit(0);
