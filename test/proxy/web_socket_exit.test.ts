// A closed handle does not keep its process alive.
import { expect, test } from 'vitest';
import { nbdkit } from '../support/servers.js';
import { Program } from './cli.js';
import { proxyTo } from './support.js';

const prepare = (url: string) => `
    import { connectWebSocket, NBD } from 'libnbd-wasm';
    const nbd = await NBD.create();
    await nbd.connectSocket(connectWebSocket(${JSON.stringify(url)}));
    await nbd.pread(512, 0);
  `;
const endings: [string, string][] = [
  ['closes its handle', 'nbd.close();'],
  ['shuts it down', 'await nbd.shutdown(); nbd.close();'],
  ['closes it in the middle of reads', 'for (let i = 0; i < 64; i++) nbd.pread(2 ** 20, 0).catch(() => {}); nbd.close();'],
];
test.for(endings)('that %s ends by itself', async ([, ending]) => {
  const proxy = await proxyTo(await nbdkit('pattern', 'size=1M'));
  const program = new Program('--input-type=module', '--eval', prepare(proxy.url()) + ending);
  expect(await program.exit, program.stderr).toBe(0);
});

test('does not wait for a WebSocket of a browser’s kind that is stuck', async () => {
  const script = `
      import { NBD } from 'libnbd-wasm';
      const nbd = await NBD.create();
      const listeners = {};
      const socket = {
        binaryType: 'blob', bufferedAmount: 0, readyState: 0,
        addEventListener: (type, listener) => { listeners[type] = listener; },
        send: () => { socket.bufferedAmount = 2 ** 30; console.log('sent'); },
        close: () => {},
      };
      nbd.connectSocket(socket).catch(() => {});
      socket.readyState = 1;
      listeners.open({});
      listeners.message({ data: new TextEncoder().encode('NBDMAGICIHAVEOPT\\0\\x03').buffer });
      setTimeout(() => nbd.close(), 50);
    `;
  const program = new Program('--input-type=module', '--eval', script);
  expect(await program.firstLine).toBe('sent');
  expect(await program.exit).toBe(0);
});
