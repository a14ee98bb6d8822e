// Does the same thing very often, and prints how much the module's memory and the JavaScript heap have grown by it.
import { connect } from 'node:net';
import { load, type NBD } from 'libnbd-wasm';
import { handshake } from '../../support/protocol.js';
import { ScriptedTransport } from '../../support/scripted_transport.js';

const [what = '', path = '', times = '0'] = process.argv.slice(2);
const { gc } = globalThis;
if (gc === undefined) throw new Error('run with --expose-gc');
const lib = await load();

async function connected(): Promise<NBD> {
  const nbd = lib.create();
  await nbd.connectSocket(connect(path));
  return nbd;
}

/** Calls `action` so many times, `width` of them at a time. */
async function repeat(count: number, width: number, action: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await action(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** The state after everything that can be collected was. */
async function measure(): Promise<{ heap: number; memory: number }> {
  for (let i = 0; i < 6; i++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed + external, memory: lib.memorySize };
}

async function grows(count: number, run: (count: number) => Promise<void>): Promise<void> {
  await run(Math.ceil(count / 10)); // what is made once is made now
  const before = await measure();
  await run(count);
  const after = await measure();
  console.log(JSON.stringify({ memory: after.memory - before.memory, heap: after.heap - before.heap }));
}

const count = Number(times);
if (what === 'reads') {
  const nbd = await connected();
  await grows(count, (count) => repeat(count, 64, (i) => nbd.pread(512, (i % 2048) * 512)));
  nbd.close();
} else if (what === 'calls of every kind') {
  const nbd = await connected();
  const { signal } = new AbortController();
  const bytes = new Uint8Array(4096);
  const actions: (() => Promise<unknown>)[] = [
    () => nbd.pread(100, 0, { signal }),
    () => nbd.pwrite(bytes, 4096, { signal }),
    () => nbd.preadStructured(100, 0, () => {}),
    () => nbd.preadInto(bytes, 0),
    () => nbd.flush({ signal }),
    () => nbd.zero(512, 0),
    () => nbd.pread(0, 0).catch(() => {}),
    () => nbd.pread(512, 2n ** 60n).catch(() => {}),
    () => nbd.pread(512, -1).catch(() => {}),
    () => nbd.pread(512, 0, { signal: AbortSignal.abort() }).catch(() => {}),
    () => {
      const controller = new AbortController();
      const reading = nbd.pread(512, 0, { signal: controller.signal }).catch(() => {});
      controller.abort();
      return reading;
    },
    async () => nbd.aioFlush({ completion: () => 1 }),
    async () => {
      nbd.setDebugCallback(() => {});
      nbd.clearDebugCallback();
    },
    async () => nbd.getExportName(),
    () => nbd.poll(0),
  ];
  await grows(count, async (count) => {
    await repeat(count, 32, (i) => actions[i % actions.length]?.() ?? Promise.resolve());
    await nbd.flush();
  });
  nbd.close();
} else if (what === 'calls refused at once, all with one signal') {
  const nbd = await connected();
  const unconnected = lib.create();
  const { signal } = new AbortController();
  const wrong = { signal: 5 } as unknown as { signal: AbortSignal };
  const actions: (() => Promise<unknown>)[] = [
    () => nbd.pread(512, 2n ** 40n, { signal }),
    () => nbd.pread(-1, 0, { signal }),
    () => nbd.optInfo({ signal }),
    () => nbd.connectUri('nbd://localhost', { signal }),
    () => nbd.flush(wrong),
    () => unconnected.pread(512, 0, { signal }),
    () => unconnected.shutdown({ signal }),
    () => unconnected.blockStatus(512, 0, () => {}, { signal }),
  ];
  await grows(count, (count) => repeat(count, 1, (i) => actions[i % actions.length]?.().catch(() => {}) ?? Promise.resolve()));
  nbd.close();
} else if (what === 'connects') {
  await grows(count, (count) =>
    repeat(count, 8, async (i) => {
      const nbd = await connected();
      if (i % 3 === 0) await nbd.pread(512, 0);
      if (i % 3 === 1) await nbd.shutdown();
      nbd.close();
    }),
  );
} else if (what === 'closes with requests in flight') {
  // No real server: nbdkit 1.32 fails an assertion of its own when a client leaves before its answer, once in some 10,000 times.
  await grows(count, (count) =>
    repeat(count, 8, async () => {
      const nbd = lib.create();
      await nbd.connectSocket(new ScriptedTransport(handshake('simple', 2n ** 20n)));
      const calls = [
        nbd.pread(512, 0),
        nbd.pwrite(new Uint8Array(512), 0),
        nbd.preadStructured(512, 0, () => {}),
        nbd.shutdown(),
      ];
      nbd.close();
      await Promise.allSettled(calls);
    }),
  );
} else if (what === 'connects that fail') {
  await grows(count, (count) =>
    repeat(count, 8, async () => {
      const nbd = lib.create();
      await nbd.connectSocket(connect(path)).catch(() => {});
      nbd.close();
    }),
  );
} else if (what === 'handles that are dropped') {
  // The collector knows nothing of the module's memory, and closes what it found in a task of its own.
  await grows(count, async (count) => {
    for (let i = 0; i < count; i++) {
      lib.create();
      if (i % 200 === 0) await measure();
    }
  });
}
