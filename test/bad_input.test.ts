// What a caller can get wrong: each mistake has its own kind of error, which says what was wrong, and nothing is sent.
import { NBD, NBDError, type SocketLike } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { connected, failure, nbdError, newHandle } from './support/handles.js';
import { nbdkit } from './support/platform.js';

const connectedToMemory = async () => connected(await nbdkit('memory', '1M'));

/** The same object with types that let a mistake through, as JavaScript does. */
type Untyped = Record<string, (...args: unknown[]) => unknown>;
const untyped = (object: object): Untyped => object as Untyped;

describe('of the wrong type: a TypeError that names the call and the argument', () => {
  test.for<[string, string, unknown[]]>([
    ['nbd_pread: count must be a number, not "512"', 'pread', ['512', 0]],
    ['nbd_pread: count must be a number, not 512n', 'pread', [512n, 0]],
    ['nbd_pread: offset must be a number or a bigint, not "0"', 'pread', [512, '0']],
    ['nbd_pread: offset must be a number or a bigint, not undefined', 'pread', [512, undefined]],
    ['nbd_pread: flags must be a number, not "FUA"', 'pread', [512, 0, { flags: 'FUA' }]],
    ['nbd_pwrite: buf must be a Uint8Array or another view of bytes, not "text"', 'pwrite', ['text', 0]],
    [
      'nbd_pwrite: buf must be a Uint8Array or another view of bytes, not an object (ArrayBuffer)',
      'pwrite',
      [new ArrayBuffer(8), 0],
    ],
    ['nbd_pwrite: buf must be a Uint8Array or another view of bytes, not an object (Array)', 'pwrite', [[1, 2, 3], 0]],
    ['nbd_pread: buf must be a Uint8Array or another view of bytes, not null', 'preadInto', [null, 0]],
    ['nbd_aio_pread: buf must be a Uint8Array or another view of bytes, not an object (Object)', 'aioPread', [{}, 0]],
    ['nbd_block_status: extent must be a function, not "callback"', 'blockStatus', [512, 0, 'callback']],
    ['nbd_block_status: extent must be a function, not undefined', 'blockStatus', [512, 0]],
    ['nbd_pread_structured: chunk must be a function, not null', 'preadStructured', [512, 0, null]],
    ['nbd_aio_flush: completion must be a function, not 5', 'aioFlush', [{ completion: 5 }]],
    ['nbd_set_export_name: export_name must be a string, not 5', 'setExportName', [5]],
    ['nbd_set_export_name: export_name must not contain a null character', 'setExportName', ['a\0b']],
    ['nbd_set_full_info: request must be a boolean, not 1', 'setFullInfo', [1]],
    [
      'nbd_block_status_filter: contexts must be an array of strings, not "base:allocation"',
      'blockStatusFilter',
      [512, 0, 'base:allocation', () => {}],
    ],
    ['nbd_block_status_filter: contexts[1] must be a string, not 7', 'blockStatusFilter', [512, 0, ['a', 7], () => {}]],
    ['nbd_set_debug_callback: debug must be a function, not true', 'setDebugCallback', [true]],
    ['nbd_poll: timeout must be a number, not "0"', 'poll', ['0']],
  ])('%s', async ([message, name, args]) => {
    const nbd = await connectedToMemory();
    const error = await failure(async () => untyped(nbd)[name]?.call(nbd, ...args));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toBe(message);
    expect(nbd.aioInFlight()).toBe(0);
    expect(await nbd.pread(4, 0)).toEqual(new Uint8Array(4));
  });
});

describe('options that are none, and signals that are none: a TypeError, as a rejection of every call that waits', () => {
  const view = new Uint8Array(512);
  const waiting: [string, string, unknown[]][] = [
    ['nbd_pread', 'pread', [512, 0]],
    ['nbd_pread', 'preadInto', [view, 0]],
    ['nbd_pread_structured', 'preadStructured', [512, 0, () => {}]],
    ['nbd_pwrite', 'pwrite', [view, 0]],
    ['nbd_flush', 'flush', []],
    ['nbd_zero', 'zero', [512, 0]],
    ['nbd_block_status_64', 'blockStatus64', [512, 0, () => {}]],
    ['nbd_block_status_64', 'blockStatusArrays', [512, 0]],
    ['nbd_opt_list', 'optList', [() => {}]],
    ['nbd_opt_go', 'optGo', []],
    ['nbd_connect_uri', 'connectUri', ['nbd://localhost']],
    ['nbd_connect_socket', 'connectSocket', [{}]],
    ['nbd_shutdown', 'shutdown', []],
    ['readFully', 'readFully', [512, 0]],
  ];
  const options: [unknown, string][] = [
    [null, 'options must be an object, not null'],
    [5, 'options must be an object, not 5'],
    ['fast', 'options must be an object, not "fast"'],
    [{ signal: 5 }, 'signal must be an AbortSignal, not 5'],
    [{ signal: null }, 'signal must be an AbortSignal, not null'],
    [{ signal: new AbortController() }, 'signal must be an AbortSignal, not an object (AbortController)'],
  ];

  test.for(waiting)('%s by %s()', async ([call, name, args]) => {
    const nbd = await connectedToMemory();
    for (const [wrong, text] of options) {
      let promise: unknown;
      expect(() => {
        promise = untyped(nbd)[name]?.call(nbd, ...args, wrong);
      }).not.toThrow();
      const error = await failure(promise as Promise<unknown>);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toBe(`${call}: ${text}`);
    }
    expect([nbd.aioInFlight(), nbd.aioIsReady()]).toEqual([0, true]);
  });

  test('extents(), when it is asked for the first one', async () => {
    const nbd = await connectedToMemory();
    for (const [wrong, text] of options) {
      const error = await failure(nbd.extents(wrong as never).next());
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toBe(`extents: ${text}`);
    }
  });

  test.for(['readable', 'writable'])('%s(), which does not wait, throws', async (name) => {
    const nbd = await connectedToMemory();
    for (const [wrong, text] of options) {
      const error = await failure(() => untyped(nbd)[name]?.call(nbd, wrong));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toBe(`${name}: ${text}`);
    }
  });
});

describe('readFully: its own errors, as rejections', () => {
  test.for<[string, typeof TypeError | typeof RangeError, unknown[]]>([
    ['readFully: offset must be a number or a bigint, not "0"', TypeError, [512, '0']],
    ['readFully: offset must be a number or a bigint, not "zero"', TypeError, [512, 'zero']],
    ['readFully: offset must be an integer from 0 that a number holds exactly, or a bigint, not 0.5', RangeError, [512, 0.5]],
    [
      'readFully: offset must be an integer from 0 that a number holds exactly, or a bigint, not NaN',
      RangeError,
      [512, Number.NaN],
    ],
    ['readFully: 1048577 bytes from 0 on are not inside the disk, which has 1048576 bytes', RangeError, [2 ** 20 + 1, 0]],
  ])('%s', async ([message, type, args]) => {
    const nbd = await connectedToMemory();
    const error = await failure(untyped(nbd).readFully?.call(nbd, ...args) as Promise<unknown>);
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toBe(message);
  });
});

describe('out of range: a RangeError', () => {
  test.for<[string, string, unknown[]]>([
    ['nbd_pread: count must be an integer from 0 to 4294967295, not -1', 'pread', [-1, 0]],
    ['nbd_pread: count must be an integer from 0 to 4294967295, not 4294967296', 'pread', [2 ** 32, 0]],
    ['nbd_pread: count must be an integer from 0 to 4294967295, not 1.5', 'pread', [1.5, 0]],
    ['nbd_pread: count must be an integer from 0 to 4294967295, not NaN', 'pread', [Number.NaN, 0]],
    ['nbd_pread: offset must be an integer from 0 that a number holds exactly, or a bigint, not -1', 'pread', [512, -1]],
    ['nbd_pread: offset must be an integer from 0 that a number holds exactly, or a bigint, not 0.5', 'pread', [512, 0.5]],
    [
      'nbd_pread: offset must be an integer from 0 that a number holds exactly, or a bigint, not 9007199254740992',
      'pread',
      [512, 2 ** 53],
    ],
    ['nbd_pread: offset must be an integer from 0 to 18446744073709551615, not -1n', 'pread', [512, -1n]],
    ['nbd_pread: offset must be an integer from 0 to 18446744073709551615, not 18446744073709551616n', 'pread', [512, 2n ** 64n]],
    [
      'nbd_zero: count must be an integer from 0 that a number holds exactly, or a bigint, not Infinity',
      'zero',
      [Number.POSITIVE_INFINITY, 0],
    ],
    ['nbd_pwrite: flags must be an integer from 0 to 4294967295, not -1', 'pwrite', [new Uint8Array(1), 0, { flags: -1 }]],
    ['nbd_poll: timeout must be an integer from -2147483648 to 2147483647, not 2147483648', 'poll', [2 ** 31]],
    ['nbd_get_meta_context: i must be an integer from 0 to 4294967295, not -1', 'getMetaContext', [-1]],
  ])('%s', async ([message, name, args]) => {
    const nbd = await connectedToMemory();
    const error = await failure(async () => untyped(nbd)[name]?.call(nbd, ...args));
    expect(error).toBeInstanceOf(RangeError);
    expect((error as RangeError).message).toBe(message);
    expect(nbd.aioInFlight()).toBe(0);
  });
});

describe('refused by libnbd: an NBDError with its text', () => {
  test.for<[string, (nbd: NBD) => unknown, string, string]>([
    ['beyond the end', (nbd) => nbd.pread(512, 2 ** 20), 'nbd_pread: request out of bounds', 'EINVAL'],
    ['across the end', (nbd) => nbd.pwrite(new Uint8Array(512), 2 ** 20 - 1), 'nbd_pwrite: request out of bounds', 'ENOSPC'],
    ['an offset of 2^64-1', (nbd) => nbd.pread(1, 2n ** 64n - 1n), 'nbd_pread: request out of bounds', 'EINVAL'],
    ['nothing at all', (nbd) => nbd.pread(0, 0), 'nbd_pread: count cannot be 0', 'EINVAL'],
    ['a flag that is not the call’s', (nbd) => nbd.pread(512, 0, { flags: 1 }), 'nbd_pread: flags: invalid value', 'EINVAL'],
    ['block status without a context', (nbd) => nbd.blockStatus(512, 0, () => {}), 'nbd_block_status: ', 'ENOTSUP'],
    ['a context that was never added', (nbd) => nbd.getMetaContext(7), 'nbd_get_meta_context: ', 'EINVAL'],
    [
      'connecting twice',
      (nbd) => nbd.connectTcp('localhost', '1'),
      'nbd_connect_tcp: invalid state: READY: the handle must be newly created',
      'EINVAL',
    ],
    [
      'a setting that comes too late',
      (nbd) => nbd.setExportName('x'),
      'nbd_set_export_name: invalid state: READY: the handle must be newly created',
      'EINVAL',
    ],
    ['an option outside of option mode', (nbd) => nbd.optGo(), 'nbd_opt_go: invalid state: READY', 'EINVAL'],
    ['a malformed URI', (nbd) => nbd.isUri('nbd://') && nbd.connectUri('gopher://x'), 'nbd_connect_uri: ', 'EINVAL'],
  ])('%s', async ([, call, message, code]) => {
    const nbd = await connectedToMemory();
    const error = await nbdError(async () => call(nbd));
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
    expect(nbd.aioInFlight()).toBe(0);
    expect(nbd.aioIsReady()).toBe(true);
  });

  test('before there is a connection', async () => {
    const nbd = await newHandle();
    for (const call of [() => nbd.pread(1, 0), () => nbd.shutdown(), () => nbd.getSize(), () => nbd.aioFlush()]) {
      const error = await nbdError(async () => call());
      expect(error.message).toMatch(/^nbd_\w+: /);
      expect(error.code).toBe('ENOTCONN');
    }
    expect((await nbdError(nbd.poll(0))).message).toBe('nbd_poll: nothing to poll for in state START: Invalid argument');
  });

  test('more than libnbd reads at once', async () => {
    const nbd = await connected(await nbdkit('memory', '1G'));
    const error = await nbdError(nbd.pread(2 ** 26 + 1, 0));
    expect(error.message).toContain('nbd_pread: request too large: maximum request size is 67108864');
    expect(error.code).toBe('ERANGE');
  });

  test('an export name that is too long', async () => {
    const nbd = await newHandle();
    nbd.setExportName('x'.repeat(4096));
    const error = await nbdError(() => nbd.setExportName('x'.repeat(4097)));
    expect(error.message).toMatch(/^nbd_set_export_name: /);
    expect(error.code).toBe('ENAMETOOLONG');
    expect(nbd.getExportName()).toBe('x'.repeat(4096));
  });

  test('after a shutdown', async () => {
    const nbd = await connectedToMemory();
    await nbd.shutdown();
    const error = await nbdError(nbd.pread(1, 0));
    expect([error.message, error.code]).toEqual(['nbd_pread: the connection was shut down', 'ENOTCONN']);
    expect(nbd.getSize()).toBe(2n ** 20n); // what was negotiated is still known
    await nbdError(nbd.shutdown());
  });
});

describe('not a socket', () => {
  test.for<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'localhost:10809'],
    ['a boolean', true],
    ['an object', {}],
    ['a URL', new URL('nbd://localhost')],
    ['an array', [1, 2]],
    ['a function', () => {}],
    ['half a pair of streams', { readable: new ReadableStream() }],
    ['bytes', new Uint8Array(8)],
  ])('%s', async ([, value]) => {
    const nbd = await newHandle();
    for (const call of [
      () => nbd.connectSocket(value as SocketLike),
      () => nbd.aioConnectSocket(value as SocketLike),
      () => nbd.lib.openSocket(value as SocketLike),
    ]) {
      const error = await failure(async () => call());
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toMatch(/socket/);
    }
    expect(nbd.aioIsCreated()).toBe(true);
  });

  test.for([-1, 0, 2, 3, 99, 2 ** 31 - 1])('the descriptor %d, which nobody opened', async (fd) => {
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectSocket(fd));
    expect(error.code).toBe('EBADF');
    expect(error.message).toMatch(/^nbd_connect_socket: /);
    expect((await nbdError(() => nbd.lib.closeSocket(fd))).code).toBe('EBADF');
  });
});

test('NBDError: name, message, code, errno; and it is an Error', async () => {
  const nbd = await newHandle();
  const error = await nbdError(nbd.pread(1, 0));
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe('NBDError');
  expect(error.errno).toBe(107);
  expect(String(error)).toBe(`NBDError: ${error.message}`);
  expect(new NBDError('text', null)).toMatchObject({ code: null, errno: 0 });
  expect(() => new (NBD as unknown as new () => NBD)()).toThrow();
});
