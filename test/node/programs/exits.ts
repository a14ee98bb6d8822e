// Uses a server in one of several ways and reaches its last line, with nothing left that should keep the process alive.
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { type BytePair, load, NBD, openConnection, type SocketLike } from 'libnbd-wasm';

const [way = '', path = ''] = process.argv.slice(2);
const signal = AbortSignal.timeout(3_600_000); // which must not hold it either

async function connected(open: () => SocketLike = () => connect(path)): Promise<NBD> {
  const nbd = await NBD.create();
  await nbd.connectSocket(open(), { signal });
  return nbd;
}

const ways: Record<string, () => Promise<void>> = {
  'closed after a shutdown': async () => {
    const nbd = await connected();
    await nbd.pread(512, 0, { signal });
    await nbd.shutdown();
    nbd.close();
  },
  'closed without a shutdown': async () => {
    const nbd = await connected();
    await nbd.pread(512, 0);
    nbd.close();
  },
  'closed with requests in flight': async () => {
    const nbd = await connected();
    const reads = Promise.allSettled([nbd.pread(2 ** 20, 0), nbd.pwrite(new Uint8Array(2 ** 25), 0)]);
    nbd.close();
    await reads;
  },
  'closed while connecting': async () => {
    const nbd = await NBD.create();
    const connecting = nbd.connectSocket(connect(path)).catch(() => {});
    nbd.close();
    await connecting;
  },
  'await using': async () => {
    await using nbd = await connected();
    await nbd.pread(512, 0);
  },
  'many handles': async () => {
    const handles = await Promise.all(Array.from({ length: 20 }, () => connected()));
    for (const nbd of handles) nbd.close();
  },
  'a connection that the library opened': async () => {
    const nbd = await connected(() => openConnection({ path }));
    await nbd.pread(512, 0);
    nbd.close();
  },
  'web streams': async () => {
    const nbd = await connected(() => Duplex.toWeb(connect(path)) as BytePair);
    await nbd.pread(512, 0);
    nbd.close();
  },
  'a MessagePort': async () => {
    const { port1, port2 } = new MessageChannel();
    const socket = connect(path);
    port2.on('message', (data: Uint8Array) => void socket.write(data)).on('close', () => socket.destroy());
    socket.on('data', (bytes) => port2.postMessage(Uint8Array.from(bytes)));
    const nbd = await connected(() => port1 as unknown as SocketLike);
    await nbd.pread(512, 0);
    nbd.close();
  },
  'handles that were never connected': async () => {
    const lib = await load();
    for (let i = 0; i < 10; i++) lib.create();
    (await NBD.create()).close();
  },
  'a descriptor that was closed': async () => {
    const lib = await load();
    lib.closeSocket(lib.openSocket(connect(path)));
  },
  'a poll that ended before its time': async () => {
    const nbd = await connected();
    const polled = nbd.poll(3_600_000);
    await nbd.pread(512, 0);
    await polled;
    nbd.close();
  },
  'a poll on a descriptor that is readable already': async () => {
    const nbd = await connected();
    const fd = nbd.lib.openSocket(connect(path));
    while ((await nbd.poll2(fd, 10)) === 0);
    await nbd.poll2(fd, 3_600_000);
    nbd.lib.closeSocket(fd);
    nbd.close();
  },
  'one signal for a thousand requests': async () => {
    const nbd = await connected();
    await Promise.all(Array.from({ length: 1000 }, () => nbd.pread(512, 0, { signal })));
    nbd.close();
  },
  'closed after aborts of what was in flight': async () => {
    const nbd = await connected();
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const calls = Promise.allSettled([
      nbd.pread(512, 0, options),
      nbd.pwrite(new Uint8Array(512), 0, options),
      nbd.flush(options),
    ]);
    controller.abort();
    nbd.close(); // an error that nobody hears would end the process
    await calls;
  },
  'an aborted connect': async () => {
    const nbd = await NBD.create();
    const controller = new AbortController();
    const connecting = nbd.connectSocket(connect(path), { signal: controller.signal }).catch(() => {});
    controller.abort();
    await connecting;
    nbd.close();
  },
  'a server that hung up': async () => {
    const nbd = await connected();
    await nbd.shutdown(); // and is never closed
  },
};

await ways[way]?.();
console.log(way in ways ? `reached the end: ${way}` : `no such way: ${way}`);
