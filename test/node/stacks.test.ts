// The stack of an error leads to whoever made the call: it has a line of the function that awaits it, `at async` in V8's own text, of
// which source maps leave `at`.
import { CONTEXT_BASE_ALLOCATION, type NBD, type NBDError } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { connected, failure, newHandle } from '../support/handles.js';
import { handshake, NBD_FLAG_HAS_FLAGS, NBD_FLAG_SEND_FLUSH, request, simpleReply } from '../support/protocol.js';
import { ScriptedTransport } from '../support/scripted_transport.js';
import { nbdkit } from '../support/servers.js';

type Call = (nbd: NBD) => Promise<unknown>;

/** Calls from a function of this name, in a later turn, so that none of its own callers is on the stack. */
async function theCaller(nbd: NBD, call: Call): Promise<unknown> {
  await new Promise((resolve) => setTimeout(resolve));
  return await call(nbd);
}

async function expectCaller(nbd: NBD, call: Call): Promise<NBDError> {
  const error = (await failure(theCaller(nbd, call))) as NBDError;
  expect(error.stack).toMatch(/\n {4}at (async )?theCaller /);
  return error;
}

const withContext = (nbd: NBD) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
const failing = () => nbdkit('--filter=error', 'memory', '1M', 'error=EIO', 'error-rate=100%');

describe('a command that the server fails', () => {
  test.for<[string, Call, string]>([
    ['pread', (nbd) => nbd.pread(512, 4096), '512 bytes at offset 4096'],
    ['preadInto', (nbd) => nbd.preadInto(new Uint16Array(256), 4096n), '512 bytes at offset 4096'],
    ['preadStructured', (nbd) => nbd.preadStructured(100, 7, () => {}), '100 bytes at offset 7'],
    ['preadStructuredInto', (nbd) => nbd.preadStructuredInto(new Uint8Array(100), 7, () => {}), '100 bytes at offset 7'],
    ['pwrite', (nbd) => nbd.pwrite(new Uint8Array(1000), 24), '1000 bytes at offset 24'],
    ['zero', (nbd) => nbd.zero(65536n, 0), '65536 bytes at offset 0'],
    ['trim', (nbd) => nbd.trim(65536, 1024), '65536 bytes at offset 1024'],
    ['cache', (nbd) => nbd.cache(512, 512), '512 bytes at offset 512'],
    ['blockStatus', (nbd) => nbd.blockStatus(4096, 0, () => {}), '4096 bytes at offset 0'],
    ['blockStatus64', (nbd) => nbd.blockStatus64(4096n, 512n, () => {}), '4096 bytes at offset 512'],
    ['blockStatusArrays', (nbd) => nbd.blockStatusArrays(4096, 512), '4096 bytes at offset 512'],
    ['readFully', (nbd) => nbd.readFully(1000, 24), '1000 bytes at offset 24'],
  ])('%s: its caller, and its range', async ([, call, range]) => {
    const error = await expectCaller(await connected(await failing(), withContext), call);
    expect(error.message).toMatch(new RegExp(`^nbd_\\w+: .* \\(${range}\\)$`));
    expect(error.code).toBe('EIO');
  });

  test('flush has no range', async () => {
    const script = [...handshake('simple', 512n, NBD_FLAG_HAS_FLAGS | NBD_FLAG_SEND_FLUSH), { receive: request }];
    const nbd = await newHandle();
    await nbd.connectSocket(new ScriptedTransport([...script, { send: simpleReply(1, 5) }]));
    const error = await expectCaller(nbd, (nbd) => nbd.flush());
    expect(error.message).toBe('nbd_flush: flush: command failed: I/O error');
  });

  test('extents, in a loop', async () => {
    await expectCaller(await connected(await failing(), withContext), async function aLoop(nbd) {
      for await (const extent of nbd.extents()) expect(extent).toBeUndefined();
    });
  });

  test('many at a time, by Promise.all', async () => {
    await expectCaller(await connected(await failing()), (nbd) => Promise.all([nbd.pread(1, 0), nbd.pread(1, 1)]));
  });
});

describe('what is no command', () => {
  test('a connect', async () => {
    const nbd = await newHandle();
    await expectCaller(nbd, () => nbd.connectSocket(new ScriptedTransport([{ send: new Uint8Array(64) }])));
  });

  test('a connect of libnbd’s own', async () => {
    const nbd = await newHandle();
    await expectCaller(nbd, () => nbd.connectUnix('/nowhere/at/all'));
    const other = await newHandle();
    await expectCaller(other, () => other.connectUri('nbd+unix:///?socket=/nowhere/at/all'));
  });

  test('an option', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));
    nbd.setExportName('elsewhere');
    const refuse = () => {
      throw new Error('of the callback');
    };
    await expectCaller(nbd, (nbd) => nbd.optList(refuse));
  });

  test.for<[string, Call]>([
    ['a read', (nbd) => nbd.pread(512, 0)],
    ['a shutdown', (nbd) => nbd.shutdown()],
    ['a poll', (nbd) => nbd.poll(-1)],
  ])('%s, when the handle is closed meanwhile', async ([, call]) => {
    const nbd = await newHandle();
    await nbd.connectSocket(new ScriptedTransport(handshake('simple', 512n)));
    const error = await expectCaller(nbd, (nbd) => {
      const calling = call(nbd);
      nbd.close();
      return calling;
    });
    expect(error).toMatchObject({ code: 'ENOTCONN', isFatal: true });
  });

  test.for<[string, Call]>([
    ['libnbd refuses', (nbd) => nbd.pread(512, 0)],
    ['an argument is wrong in', (nbd) => nbd.pread(-1, 0)],
    ['is an option out of option mode', (nbd) => nbd.optGo()],
    ['waits for nothing', (nbd) => nbd.poll(0)],
  ])('a call that %s', async ([, call]) => {
    await expectCaller(await newHandle(), call);
  });
});

describe('streams', () => {
  test('readable: the range that was not read', async () => {
    const nbd = await connected(await failing());
    const reader = nbd.readable({ offset: 4096, length: 512 }).getReader();
    const error = (await failure(reader.read())) as NBDError;
    expect(error.message).toMatch(/ \(512 bytes at offset 4096\)$/);
  });

  test('writable: the range that was not written', async () => {
    const nbd = await connected(await failing());
    const writer = nbd.writable({ offset: 4096 }).getWriter();
    writer.closed.catch(() => {});
    await writer.write(new Uint8Array(1024));
    const error = (await failure(writer.close())) as NBDError;
    expect(error.message).toMatch(/ \(1024 bytes at offset 4096\)$/);
  });
});
