// The recipes of docs/copy.md, run as they stand there, on other names.
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, STATUS_CODES } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { type Ended, nodeProgram } from '../support/node_program.js';
import { OwnedProcess, run, temporaryFolder } from '../support/processes.js';
import { listen, nbdkit, type Server } from '../support/servers.js';
import { join2 } from '../support/socket_kinds.js';

const document = await readFile(new URL('../../docs/copy.md', import.meta.url), 'utf8');

/** Runs the recipe of a name, with other texts in the place of some of its own; what it printed. */
async function recipe(name: string, texts: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await ended(name, texts);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trim();
}

async function ended(name: string, texts: Record<string, string>): Promise<Ended> {
  const source = new RegExp(`\`\`\`js\n// ${name}\n(.*?)\`\`\``, 's').exec(document)?.[1];
  if (source === undefined) throw new Error(`docs/copy.md has no recipe ${name}`);
  let named = source;
  for (const [text, other] of Object.entries(texts)) {
    expect(named).toContain(`'${text}'`);
    named = named.replaceAll(`'${text}'`, JSON.stringify(other));
  }
  const { code } = await transform(named, { target: 'node20', format: 'esm' }); // Node 20 has no `await using`
  return nodeProgram(code);
}

const vm = 'nbd://localhost/vm';

interface Served {
  readonly uri: string;
  readonly socket: string;
  readonly stop: () => Promise<void>;
}

/** qemu-nbd with an image, until `stop`. */
async function served(folder: string, image: string, ...options: string[]): Promise<Served> {
  const [socket, pidfile] = [join(folder, `${image}.socket`), join(folder, `${image}.pid`)];
  const fixed = [
    '--persistent',
    '--shared=0',
    '--format=qcow2',
    '--export-name=vm',
    `--pid-file=${pidfile}`,
    `--socket=${socket}`,
  ];
  const process = new OwnedProcess(['qemu-nbd', ...fixed, ...options, join(folder, image)]);
  await process.untilFileExists(pidfile);
  return { uri: `nbd+unix:///vm?socket=${socket}`, socket, stop: () => process.stop() };
}

test('backup, incremental backup and restore of a disk', async () => {
  const folder = await temporaryFolder();
  const [image, backup, content] = [join(folder, 'vm.qcow2'), join(folder, 'vm.img'), join(folder, 'content')];
  await writeFile(content, noise(3_000_000));
  const io = (command: string) => run('qemu-io', '-f', 'qcow2', '-c', command, image);
  await run('qemu-img', 'create', '-q', '-f', 'qcow2', image, '64M');
  await io(`write -s ${content} 1M 2900K`);

  const before = await served(folder, 'vm.qcow2', '--read-only');
  const sum = await recipe('backup', { [vm]: before.uri, 'vm.img': backup });
  expect((await run('sha256sum', backup)).toString()).toContain(sum);
  await before.stop();
  await run('qemu-img', 'compare', '-f', 'qcow2', '-F', 'raw', image, backup);

  await run('qemu-img', 'bitmap', '--add', image, 'changes');
  await io('write -P 5 30M 100K');
  await io('write -z 1M 1M');
  const after = await served(folder, 'vm.qcow2', '--read-only', '--bitmap=changes');
  expect(Number.parseInt(await recipe('incremental', { [vm]: after.uri, 'vm.img': backup }), 10)).toBeLessThan(300_000);
  await after.stop();
  await run('qemu-img', 'compare', '-f', 'qcow2', '-F', 'raw', image, backup);

  await run('qemu-img', 'create', '-q', '-f', 'qcow2', join(folder, 'new.qcow2'), '64M');
  const empty = await served(folder, 'new.qcow2');
  expect(await recipe('restore', { [vm]: empty.uri, 'vm.img': backup })).toBe('true');
  await empty.stop();
  await run('qemu-img', 'compare', '-f', 'qcow2', '-F', 'qcow2', image, join(folder, 'new.qcow2'));
});

/** An image with data, a full copy of it, and then changes, which its bitmap has. */
async function changed(folder: string): Promise<{ image: string; full: string }> {
  const [image, full, content] = [join(folder, 'vm.qcow2'), join(folder, 'full.img'), join(folder, 'content')];
  const io = (command: string) => run('qemu-io', '-f', 'qcow2', '-c', command, image);
  await writeFile(content, noise(6_000_000));
  await run('qemu-img', 'create', '-q', '-f', 'qcow2', image, '64M');
  await io(`write -s ${content} 1M 2M`);
  await run('qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', image, full);
  await run('qemu-img', 'bitmap', '--add', image, 'changes');
  await io(`write -s ${content} 2M 5M`);
  await io('write -P 5 30M 100K');
  await io('write -z 1M 200K');
  return { image, full };
}

test('a stream of changed blocks, through a network that drops connections', async () => {
  const folder = await temporaryFolder();
  const { image, full } = await changed(folder);
  const server = await served(folder, 'vm.qcow2', '--read-only', '--bitmap=changes');
  const relay = join(folder, 'relay');
  let connections = 0;
  const network = createServer((socket) => {
    const upstream = connect(server.socket);
    join2(socket, upstream);
    if (++connections > 6) return;
    let bytes = 0;
    upstream.on('data', ({ length }) => {
      bytes += length;
      if (bytes > 400_000) socket.destroy();
    });
  });
  await listen(network, { path: relay });
  const delta = join(folder, 'vm.delta');
  await recipe('stream', { [vm]: `nbd+unix:///vm?socket=${relay}`, 'vm.delta': delta });
  expect(connections).toBeGreaterThan(6);
  await server.stop();

  const stream = await readFile(delta);
  const target = await open(full, 'r+');
  let last = -1;
  for (let at = 0; at < stream.length; ) {
    const [offset, length] = [Number(stream.readBigUInt64BE(at)), stream.readUInt32BE(at + 8)];
    expect(offset).toBeGreaterThan(last);
    await target.write(stream, at + 12, length, offset);
    last = offset;
    at += 12 + length;
  }
  await target.close();
  expect(stream.length).toBeLessThan(6 * 2 ** 20);
  await run('qemu-img', 'compare', '-f', 'qcow2', '-F', 'raw', image, full);
});

test('an incremental backup into a new file has what has changed alone', async () => {
  const folder = await temporaryFolder();
  await changed(folder);
  const server = await served(folder, 'vm.qcow2', '--read-only', '--bitmap=changes');
  const path = join(folder, 'delta.img');
  expect(Number.parseInt(await recipe('incremental', { [vm]: server.uri, 'vm.img': path }), 10)).toBeLessThan(6 * 2 ** 20);
  const { size, blocks } = await stat(path);
  expect(size).toBe(64 * 2 ** 20);
  expect(blocks * 512).toBeLessThan(6 * 2 ** 20);
  const bytes = await readFile(path);
  expect(bytes.subarray(2 * 2 ** 20, 7 * 2 ** 20).equals(noise(6_000_000).subarray(0, 5 * 2 ** 20))).toBe(true);
});

describe('an HTTP upgrade', () => {
  /** Switches to NBD as an HTTP server does, in one write with what nbdkit says first; the first `drops` connections end soon. */
  async function upgrading(server: Server, drops: number): Promise<{ url: string; upgrades: () => number }> {
    let upgrades = 0;
    const http = createHttpServer((_request, response) => void response.writeHead(426).end('only upgrades here'));
    http.on('upgrade', ({ headers }, socket) => {
      expect(headers.upgrade).toBe('nbd');
      upgrades++;
      const upstream = server.socket();
      let bytes = upgrades > drops ? Number.NEGATIVE_INFINITY : 0;
      upstream.once('data', (first) => {
        const answer = `HTTP/1.1 101 ${STATUS_CODES[101]}\r\nConnection: Upgrade\r\nUpgrade: nbd\r\n\r\n`;
        socket.write(Buffer.concat([Buffer.from(answer), first]));
        upstream.on('data', ({ length }) => {
          bytes += length;
          if (bytes > 500_000) socket.destroy();
        });
        join2(upstream, socket);
      });
    });
    await listen(http, { host: '127.0.0.1', port: 0 });
    return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/vm`, upgrades: () => upgrades };
  }

  test('for each connection, and again for those that are lost', async () => {
    const path = join(await temporaryFolder(), 'vm.img');
    // With several threads, nbdkit 1.32 aborts when a client drops a connection while they answer (raw_send_socket: sock >= 0).
    const server = await nbdkit('--threads=1', '--filter=noextents', 'sparse-random', 'size=16M', 'seed=3', 'percent=50');
    const { url, upgrades } = await upgrading(server, 5);
    await recipe('upgrade', { 'http://localhost:8080/vm': url, 'vm.img': path });
    expect(upgrades()).toBeGreaterThan(5);
    await run('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', server.uri, path);
  });

  test('that is refused', async () => {
    const http = createHttpServer();
    http.on('upgrade', (_request, socket) => void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
    await listen(http, { host: '127.0.0.1', port: 0 });
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/vm`;
    const { code, stderr } = await ended('upgrade', { 'http://localhost:8080/vm': url });
    expect(code).toBe(1);
    expect(stderr).toContain('the server does not switch to NBD: 403 Forbidden');
  });
});
