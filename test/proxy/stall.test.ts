// Somebody who does not take his bytes: the proxy stops reading those who send them, and holds no more than its bound. The
// proxy is a process of its own, so that what it holds can be seen.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { concat } from '../support/bytes.js';
import { temporaryFolder } from '../support/processes.js';
import { greeting } from '../support/protocol.js';
import { listen } from '../support/servers.js';
import { proxyProcess } from './cli.js';
import { flags, LIST, option } from './client_bytes.js';
import { client, received, upgradeRequest } from './support.js';

const total = 2 ** 30;
const bound = 2 ** 20;
/** The kernel's own buffers come on top of the bound; those of TCP grow to many MiB. */
const kernelBuffers = 2 ** 26;

/** A server that serves one connection, and its URI. */
async function serverOf(serve: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    serve(socket);
  });
  const path = join(await temporaryFolder(), 'socket');
  await listen(server, { path });
  return `nbd+unix:///?socket=${path}`;
}

/** Waits until a number has stopped growing. */
async function settled(value: () => number): Promise<number> {
  for (let last = -1, same = 0; same < 20; ) {
    const now = value();
    same = now === last && now > 0 ? same + 1 : 0;
    last = now;
    await delay(25);
  }
  return value();
}

/** The most memory that a process has held so far, in bytes. */
async function peak(pid: number): Promise<number> {
  const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

const chunk = Buffer.alloc(2 ** 20, 7);

test('a client that stops reading while 1 GiB waits', async () => {
  let sent = 0;
  const uri = await serverOf((socket) => {
    const send = () => {
      while (sent < total) {
        sent += chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', send);
    send();
  });
  const { program, url } = await proxyProcess(uri, '--max-buffered', String(bound));
  const socket = client(url);
  let count = 0;
  let done = () => {};
  socket.on('message', (data: Buffer) => {
    count += data.length;
    if (count === total) done();
  });
  await once(socket, 'open');
  socket.send(new Uint8Array(4)); // as if it answered a greeting
  const before = await peak(program.pid);
  socket.pause();
  expect(await settled(() => sent)).toBeLessThan(bound + kernelBuffers);
  expect((await peak(program.pid)) - before).toBeLessThan(40 * 2 ** 20);

  // It reads again, and everything comes: the bound holds on the way as well.
  socket.resume();
  await new Promise<void>((resolve) => {
    done = resolve;
  });
  expect((await peak(program.pid)) - before).toBeLessThan(80 * 2 ** 20);
});

test('a server that stops reading while 256 MiB wait', async () => {
  let server: Socket | undefined;
  const uri = await serverOf((socket) => {
    server = socket.pause();
    socket.write('greeting');
  });
  const { program, url } = await proxyProcess(uri, '--max-buffered', String(bound));
  const socket = client(url);
  await received(socket).atLeast(8);
  const before = await peak(program.pid);
  const all = total / 4;
  let sent = 0;
  const send = () => {
    if (sent >= all || socket.readyState !== socket.OPEN) return;
    sent += chunk.length;
    socket.send(chunk, send);
  };
  send();
  expect(await settled(() => sent)).toBeLessThan(bound + kernelBuffers);
  expect((await peak(program.pid)) - before).toBeLessThan(40 * 2 ** 20);

  let count = 0;
  const done = new Promise<void>((resolve) => {
    server?.on('data', (data) => {
      count += data.length;
      if (count === all) resolve();
    });
  });
  server?.resume();
  await done;
  expect((await peak(program.pid)) - before).toBeLessThan(80 * 2 ** 20);
});

test('a client that says more before the server has answered, where both are followed', async () => {
  const uri = await serverOf((socket) => void socket.resume().write(greeting()));
  const { program, url } = await proxyProcess(uri, '--read-only');
  const socket = client(url);
  await received(socket).atLeast(18);
  socket.send(concat(flags(), option(LIST)));
  const before = await peak(program.pid);
  let sent = 0;
  const send = () => {
    if (socket.readyState !== socket.OPEN) return;
    sent += 2 ** 12;
    socket.send(chunk.subarray(0, 2 ** 12), send);
  };
  send();
  expect(await settled(() => sent)).toBeLessThan(kernelBuffers);
  expect(socket.readyState).toBe(socket.OPEN);
  expect((await peak(program.pid)) - before).toBeLessThan(40 * 2 ** 20);
});

test('a flood of tiny messages counts for more than its bytes', async () => {
  const uri = await serverOf((socket) => {
    socket.pause();
    socket.write('greeting');
  });
  const { program, url } = await proxyProcess(uri);
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write(upgradeRequest(pathname));
  await once(socket, 'data');
  const before = await peak(program.pid);
  // Frames of one byte each, whose mask is zero.
  const frames = Buffer.from('82810000000007'.repeat(2 ** 17), 'hex');
  let sent = 0;
  const send = () => {
    do sent += frames.length;
    while (socket.write(frames));
  };
  socket.on('drain', send);
  send();
  expect(await settled(() => sent)).toBeLessThan(kernelBuffers);
  expect((await peak(program.pid)) - before).toBeLessThan(40 * 2 ** 20);
});
