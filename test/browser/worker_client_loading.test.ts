// How a page gets at the ready-made worker, its libnbd.wasm and its servers, and what it is told where one of them is not there.
import type { BytePair } from 'libnbd-wasm';
import { loadInWorker } from 'libnbd-wasm/worker-client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { firstDifference, pattern } from '../support/bytes.js';
import { failure, nbdError } from '../support/handles.js';
import { nbdkit } from './support/platform.js';
import { connected, inWorker, portTo, streamsTo } from './support/worker_client.js';

const wasmUrl = new URL('../../dist/libnbd.wasm', import.meta.url);
const script = new URL('../../dist/worker.js', import.meta.url);

/** A module worker with a script of the page's own. */
function workerOf(program: string): Worker {
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
  onTestFinished(() => URL.revokeObjectURL(url));
  return new Worker(url, { type: 'module' });
}

describe('libnbd.wasm', () => {
  const bytes = async () => (await fetch(wasmUrl)).arrayBuffer();
  test.for<[string, () => Parameters<typeof loadInWorker>[0] | Promise<Parameters<typeof loadInWorker>[0]>]>([
    ['as a URL', () => ({ wasm: wasmUrl })],
    ['as the path of one, on the page’s server', () => ({ wasm: wasmUrl.pathname })],
    ['as an ArrayBuffer', async () => ({ wasm: await bytes() })],
    ['as a view', async () => ({ wasm: new Uint8Array(await bytes()) })],
    ['as a Response', async () => ({ wasm: await fetch(wasmUrl) })],
    ['as the promise of one', () => ({ wasm: fetch(wasmUrl) })],
    ['compiled', async () => ({ wasm: await WebAssembly.compileStreaming(fetch(wasmUrl)) })],
    ['found by a worker of the page’s own', () => ({ worker: workerOf(`import ${JSON.stringify(script)};`) })],
    [
      'told to such a worker, whose URL is not the page’s',
      () => ({ worker: workerOf(`import ${JSON.stringify(script)};`), wasm: wasmUrl.pathname }),
    ],
  ])('%s', async ([, options]) => {
    const nbd = await connected(await nbdkit('pattern', '1M'), () => {}, await inWorker(await options()));
    expect(await nbd.pread(512, 4096)).toEqual(pattern(4096, 512));
  });

  test('that was given as bytes stays the page’s, for another worker', async () => {
    const wasm = await bytes();
    await inWorker({ wasm });
    expect(await (await (await inWorker({ wasm })).create()).getVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('that is not there: the error says where it was looked for', async () => {
    const error = await failure(loadInWorker({ wasm: '/no/such.wasm' }));
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(/^libnbd\.wasm: http:.*\/no\/such\.wasm answered .*load.*wasm/),
    );
  });

  test('that is something else', async () => {
    expect(await failure(loadInWorker({ wasm: new Uint8Array(8) }))).toHaveProperty('message', expect.stringMatching(/magic/));
  });

  test('that the page itself cannot get: the worker is ended', async () => {
    const worker = new Worker(script, { type: 'module' });
    const terminate = vi.spyOn(worker, 'terminate');
    const wasm = new Response('gone', { status: 410, statusText: 'Gone' });
    expect(await failure(loadInWorker({ worker, wasm }))).toHaveProperty('message', expect.stringContaining('answered 410 Gone'));
    expect(terminate).toHaveBeenCalledOnce();
  });
});

describe('the worker', () => {
  const advice = expect.stringMatching(/^the worker could not be started.* libnbd-wasm\/worker: .*loadInWorker\(\{ worker \}\)/);

  test('whose script is not there', async () => {
    const worker = new Worker('/no/such/worker.js', { type: 'module' });
    expect(await failure(loadInWorker({ worker }))).toHaveProperty('message', advice);
  });

  test('whose script is of another origin', async () => {
    // What browsers do with such a script.
    vi.stubGlobal(
      'Worker',
      class {
        constructor() {
          throw new DOMException('cannot be accessed from this origin', 'SecurityError');
        }
      },
    );
    onTestFinished(() => void vi.unstubAllGlobals());
    const error = await failure(loadInWorker());
    expect(error).toHaveProperty('message', advice);
    expect(error).toHaveProperty('message', expect.stringContaining('cannot be accessed from this origin'));
  });

  test('that throws at its start: the error says what, and nobody else hears of it', async () => {
    const error = await failure(loadInWorker({ worker: workerOf('throw new Error("out of luck")') }));
    expect(error).toHaveProperty('message', advice);
    expect(error).toHaveProperty('message', expect.stringContaining('out of luck'));
  });

  test('that fails while the page still waits for libnbd.wasm', async () => {
    const worker = workerOf('throw new Error("out of luck")');
    const failed = new Promise<Response>((resolve) => {
      worker.addEventListener('error', () => resolve(fetch(wasmUrl)));
    });
    expect(await failure(loadInWorker({ worker, wasm: failed }))).toHaveProperty('message', advice);
  });

  test('whose exceptions are the page’s to hear of, once it runs, and that goes on', async () => {
    const program = `
      import ${JSON.stringify(script)};
      addEventListener('message', ({ data }) => { if (data === 'throw') throw new Error('of its own'); });`;
    const worker = workerOf(program);
    const lib = await inWorker({ worker });
    const heard = new Promise<string>((resolve) => {
      worker.addEventListener('error', (event) => {
        event.preventDefault(); // the test's runner listens to what is not
        resolve(event.message);
      });
    });
    worker.postMessage('throw');
    expect(await heard).toContain('of its own');
    await lib.create();
  });
});

describe('connecting', () => {
  test.for(['ws', 'http'])('connectUri through a proxy at a path, given as %s:', async (protocol) => {
    const server = await nbdkit('pattern', '1M');
    const lib = await inWorker({ proxy: new URL(server.proxy.replace('ws', protocol)) });
    for (const connect of ['connectUri', 'connectTcp'] as const) {
      const nbd = await lib.create();
      await (connect === 'connectUri' ? nbd.connectUri('nbd://server') : nbd.connectTcp('server', '10809'));
      expect(await nbd.pread(512, 4096)).toEqual(pattern(4096, 512));
    }
  });

  test('without a proxy, connectUri says what to do', async () => {
    const error = await nbdError((await (await inWorker()).create()).connectUri('nbd://server'));
    expect(error).toMatchObject({ code: 'ENOTSUP', message: expect.stringContaining('proxy') });
  });

  test('subprotocols are offered', async () => {
    const { url } = await nbdkit('memory', '1M');
    const nbd = await (await inWorker()).create();
    await nbd.connectWebSocket(url, { protocols: ['binary'] });
    expect(await nbd.getSize()).toBe(2n ** 20n);
  });

  test('a handle that is connected refuses another WebSocket, which is closed', async () => {
    const server = await nbdkit('memory', '1M');
    const lib = await inWorker();
    const nbd = await connected(server, () => {}, lib);
    expect((await nbdError(nbd.connectWebSocket(server.url))).code).toBe('EINVAL');
    await connected(server, () => {}, lib); // by now the refused one has reached the server, if ever
    await expect.poll(() => server.connections(), { timeout: 30_000 }).toBe(2);
    expect(await nbd.pread(512, 0)).toEqual(new Uint8Array(512));
  });

  test.for<[string, (pair: BytePair) => BytePair]>([
    ['streams', (pair) => pair],
    ['streams of a class, such as WebTransport’s', (pair) => Object.create(pair)],
  ])('over %s that the page gives away', async ([, as]) => {
    const server = await nbdkit('pattern', '1M');
    const nbd = await (await inWorker()).create();
    const pair = streamsTo(server);
    await nbd.connectSocket(as(pair));
    expect(pair.readable.locked && pair.writable.locked).toBe(true);
    expect(firstDifference(await nbd.pread(300_000, 4096), pattern(4096, 300_000))).toBe(-1);
    await nbd.shutdown();
  });

  test('over a port that the page gives away', async () => {
    const server = await nbdkit('pattern', '1M');
    const nbd = await (await inWorker()).create();
    await nbd.connectSocket(portTo(server));
    expect(firstDifference(await nbd.pread(300_000, 4096), pattern(4096, 300_000))).toBe(-1);
    await nbd.shutdown();
  });

  test('over nothing else: the error says what to do', async () => {
    const nbd = await (await inWorker()).create();
    const socket = new WebSocket((await nbdkit('memory', '1M')).url);
    onTestFinished(() => socket.close());
    for (const wrong of [socket, {}, new ReadableStream()]) {
      const error = await failure(nbd.connectSocket(wrong as never));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', expect.stringContaining('connectWebSocket(url)'));
    }
  });
});
