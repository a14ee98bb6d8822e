// The handshake's variants: how a connection comes to its protocol, its export and its flags.
import {
  CONTEXT_BASE_ALLOCATION,
  HANDSHAKE_FLAG_FIXED_NEWSTYLE,
  HANDSHAKE_FLAG_MASK,
  SIZE_MAXIMUM,
  SIZE_MINIMUM,
  SIZE_PREFERRED,
} from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { connected, nbdError, newHandle } from './support/handles.js';
import { nbdkit, nbdServer, qemuNbd } from './support/platform.js';

describe('the protocol', () => {
  test.for([
    ['--oldstyle', 'oldstyle'],
    ['--mask-handshake=0', 'newstyle'],
    ['--mask-handshake=1', 'newstyle-fixed'],
    ['--mask-handshake=2', 'newstyle'],
    ['--mask-handshake=3', 'newstyle-fixed'],
  ] as const)('nbdkit %s is %s', async ([option, protocol]) => {
    const nbd = await connected(await nbdkit(option, 'pattern', '1M'));
    expect(nbd.getProtocol()).toBe(protocol);
    expect(nbd.getSize()).toBe(2n ** 20n);
    expect(await nbd.pread(8, 4096)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 16, 0));
  });

  test('the client can hold handshake flags back', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => {
      expect(nbd.getHandshakeFlags()).toBe(HANDSHAKE_FLAG_MASK);
      nbd.setHandshakeFlags((HANDSHAKE_FLAG_MASK & ~HANDSHAKE_FLAG_FIXED_NEWSTYLE) as typeof HANDSHAKE_FLAG_MASK);
    });
    expect(nbd.getProtocol()).toBe('newstyle');
  });

  test.for([
    [[], true, true],
    [['--no-sr'], true, false],
    [[], false, false],
  ] as const)('nbdkit %j, structured replies asked for: %s, negotiated: %s', async ([options, asked, negotiated]) => {
    const nbd = await connected(await nbdkit(...options, 'pattern', '1M'), (nbd) => nbd.setRequestStructuredReplies(asked));
    expect(nbd.getStructuredRepliesNegotiated()).toBe(negotiated);
    expect(nbd.canDf()).toBe(negotiated);
    expect((await nbd.pread(16, 8)).at(7)).toBe(8);
  });

  test('nbd-server', async () => {
    const nbd = await connected(await nbdServer(new Uint8Array(2 ** 20)), (nbd) => nbd.setExportName('disk'));
    expect(nbd.getProtocol()).toBe('newstyle-fixed');
    expect(nbd.getSize()).toBe(2n ** 20n);
  });

  test('qemu-nbd', async () => {
    const nbd = await connected(await qemuNbd({ format: 'qcow2', size: 3 * 2 ** 20 }));
    expect(nbd.getProtocol()).toBe('newstyle-fixed');
    expect(nbd.getStructuredRepliesNegotiated()).toBe(true);
    expect(nbd.getSize()).toBe(3n * 2n ** 20n);
  });
});

describe('the export', () => {
  test('its flags are the server’s', async () => {
    const writable = await connected(await nbdkit('memory', '1M'));
    const readOnly = await connected(await nbdkit('--readonly', '--filter=noextents', 'memory', '1M'));
    expect([writable, readOnly].map((nbd) => nbd.isReadOnly())).toEqual([false, true]);
    expect([writable, readOnly].map((nbd) => nbd.canTrim())).toEqual([true, false]);
    expect([writable, readOnly].map((nbd) => nbd.canZero())).toEqual([true, false]);
    expect([writable, readOnly].map((nbd) => nbd.canFlush())).toEqual([true, true]);
    expect(writable.canFua()).toBe(true);
    expect(writable.canFastZero()).toBe(true);
    expect(writable.canMultiConn()).toBe(true);
    expect(writable.canCache()).toBe(true);
    expect(writable.isRotational()).toBe(false);
  });

  test('qemu-nbd gives its name and description, and refuses another name', async () => {
    const server = await qemuNbd({ format: 'raw', size: 65536, options: ['--export-name=näme', '--description=a disk'] });
    const nbd = await connected(server, (nbd) => {
      nbd.setExportName('näme');
      nbd.setFullInfo(true);
    });
    expect(nbd.getExportName()).toBe('näme');
    expect(nbd.getCanonicalExportName()).toBe('näme');
    expect(nbd.getExportDescription()).toBe('a disk');

    const error = await nbdError(connected(server, (nbd) => nbd.setExportName('another')));
    expect(error.message).toMatch(/^nbd_connect_socket: .*'another'.*: No such file or directory$/);
    expect(error.code).toBe('ENOENT');
  });

  test('nbd-server refuses a name that it does not have', async () => {
    const error = await nbdError(connected(await nbdServer(new Uint8Array(512)), (nbd) => nbd.setExportName('nosuch')));
    expect(error.message).toContain('No such file or directory');
    expect(error.code).toBe('ENOENT');
  });

  test('its block size constraints', async () => {
    const policy = ['blocksize-minimum=1024', 'blocksize-preferred=8192', 'blocksize-maximum=1M'];
    const server = await nbdkit('--filter=blocksize-policy', 'memory', '1M', ...policy);
    const nbd = await connected(server);
    expect([SIZE_MINIMUM, SIZE_PREFERRED, SIZE_MAXIMUM].map((type) => nbd.getBlockSize(type))).toEqual([1024n, 8192n, 1048576n]);
    const ignorant = await connected(server, (nbd) => nbd.setRequestBlockSize(false));
    expect(ignorant.getBlockSize(SIZE_MINIMUM)).toBe(0n);
  });

  test('metadata contexts are negotiated', async () => {
    const server = await qemuNbd({ format: 'qcow2', size: 65536, options: ['--allocation-depth'] });
    const nbd = await connected(server, (nbd) => {
      for (const name of [CONTEXT_BASE_ALLOCATION, 'qemu:allocation-depth', 'x-no:such']) nbd.addMetaContext(name);
    });
    expect(nbd.getNrMetaContexts()).toBe(3);
    expect(nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)).toBe(true);
    expect(nbd.canMetaContext('qemu:allocation-depth')).toBe(true);
    expect(nbd.canMetaContext('x-no:such')).toBe(false);
  });
});

describe('option mode', () => {
  test('lists exports, asks about one and goes on with it', async () => {
    const server = await nbdkit(
      '--filter=exportname',
      'memory',
      '1M',
      'exportname-list=explicit',
      'exportname=a',
      'exportname=b',
    );
    const nbd = await connected(server, (nbd) => nbd.setOptMode(true));
    expect(nbd.aioIsNegotiating()).toBe(true);
    expect(nbd.getProtocol()).toBe('newstyle-fixed');
    const names: string[] = [];
    expect(await nbd.optList((name) => void names.push(name))).toBe(2);
    expect(names).toEqual(['a', 'b']);
    nbd.setExportName('b');
    await nbd.optInfo();
    expect(nbd.getSize()).toBe(2n ** 20n);
    await nbd.optGo();
    expect(nbd.aioIsReady()).toBe(true);
    expect(await nbd.pread(4, 0)).toEqual(new Uint8Array(4));
  });

  test('survives an export that is refused', async () => {
    const server = await qemuNbd({ format: 'raw', size: 65536, options: ['--export-name=right'] });
    const nbd = await connected(server, (nbd) => nbd.setOptMode(true));
    nbd.setExportName('wrong');
    const error = await nbdError(nbd.optGo());
    expect(error.message).toMatch(/^nbd_opt_go: .*'wrong'.*: No such file or directory$/);
    expect(error.code).toBe('ENOENT');
    nbd.setExportName('right');
    await nbd.optGo();
    expect(nbd.getSize()).toBe(65536n);
  });

  test('lists and sets metadata contexts', async () => {
    const nbd = await connected(await qemuNbd({ format: 'qcow2', size: 65536, options: ['--allocation-depth'] }), (nbd) =>
      nbd.setOptMode(true),
    );
    const listed: string[] = [];
    expect(await nbd.optListMetaContextQueries(['qemu:'], (name) => void listed.push(name))).toBe(1);
    expect(listed).toEqual(['qemu:allocation-depth']);
    nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
    const set: string[] = [];
    expect(await nbd.optSetMetaContext((name) => void set.push(name))).toBe(1);
    expect(set).toEqual([CONTEXT_BASE_ALLOCATION]);
    expect(nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)).toBe(true);
  });

  test('each step by hand: structured replies, then go', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => {
      nbd.setOptMode(true);
      nbd.setRequestExtendedHeaders(false);
      nbd.setRequestStructuredReplies(false);
    });
    expect(nbd.getStructuredRepliesNegotiated()).toBe(false);
    expect(await nbd.optExtendedHeaders()).toBe(false);
    expect(await nbd.optStructuredReply()).toBe(true);
    expect(nbd.getStructuredRepliesNegotiated()).toBe(true);
    await nbd.optGo();
    expect(nbd.canDf()).toBe(true);
  });

  test('can be left without an export', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));
    await nbd.optAbort();
    expect(nbd.aioIsClosed()).toBe(true);
  });

  test('is not there with an oldstyle server, which goes on by itself', async () => {
    const nbd = await connected(await nbdkit('--oldstyle', 'memory', '1M'), (nbd) => nbd.setOptMode(true));
    expect(nbd.aioIsReady()).toBe(true);
  });
});

test('a handle says how far it has come', async () => {
  const server = await nbdkit('memory', '1M');
  const nbd = await newHandle();
  expect([nbd.aioIsCreated(), nbd.aioIsConnecting(), nbd.aioIsReady()]).toEqual([true, false, false]);
  const connecting = nbd.connectSocket(server.socket());
  expect([nbd.aioIsCreated(), nbd.aioIsConnecting(), nbd.aioIsReady()]).toEqual([false, true, false]);
  await connecting;
  expect([nbd.aioIsConnecting(), nbd.aioIsReady(), nbd.aioIsProcessing()]).toEqual([false, true, false]);
  const reading = nbd.pread(512, 0);
  expect(nbd.aioInFlight()).toBe(1);
  await reading;
  expect([nbd.aioIsReady(), nbd.aioInFlight()]).toEqual([true, 0]);
  await nbd.shutdown();
  expect([nbd.aioIsReady(), nbd.aioIsClosed(), nbd.aioIsDead()]).toEqual([false, true, false]);
});
