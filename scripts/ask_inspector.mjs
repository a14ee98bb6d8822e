// Starts `libnbd-wasm inspect` for a disk, asks it what its page would, says what came, and ends it: for a machine on which nobody
// opens the page.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { NBD } from '../dist/node.js';

const [disk] = process.argv.slice(2);
const inspector = spawn(process.execPath, ['dist/cli/main.js', 'inspect', '--no-open', disk], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(inspector, 'exit');
try {
  const [url] = await Promise.race([once(createInterface(inspector.stdout), 'line'), ended]);
  if (inspector.exitCode !== null) process.exit(1); // it has said why
  await ask(new URL(url));
} finally {
  inspector.kill('SIGTERM');
}
const [code] = await ended;
console.log(`It ends with exit code ${code}. In a terminal, npm start opens the page, and Ctrl-C ends it.`);
process.exitCode = code ?? 1;

async function ask(page) {
  const token = new URLSearchParams(page.hash.slice(1)).get('token');
  const index = await get(new URL('/', page));
  console.log(`GET /            ${index.headers.get('content-type')}, ${(await index.arrayBuffer()).byteLength} bytes`);
  const list = await get(new URL('/disks.json', page), { authorization: `Bearer ${token}` });
  const { disks } = await list.json();
  console.log(`GET /disks.json  ${JSON.stringify(disks)}`);
  for (const { url } of disks) {
    const socket = new URL(url, page);
    socket.protocol = 'ws:';
    socket.hash = '';
    socket.search = new URLSearchParams({ token });
    const nbd = await NBD.create();
    await nbd.connectUri(socket.href);
    const signature = new TextDecoder().decode(await nbd.pread(8, 512));
    console.log(`${socket.pathname.padEnd(16)} ${nbd.getSize()} bytes; sector 1 begins with "${signature}"`);
    await nbd.shutdown();
    nbd.close();
  }
}

async function get(url, headers = {}) {
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status} ${await response.text()}`);
  return response;
}
