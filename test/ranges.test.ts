// Offsets, lengths and ranges: libnbd's own calls and those made of several requests refuse the same values in the same words, and
// nothing is sent.
import { CONTEXT_BASE_ALLOCATION, type NBD } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { connected, failure } from './support/handles.js';
import { nbdkit } from './support/platform.js';

const size = 2n ** 20n;
const connectedToMemory = async () =>
  connected(await nbdkit('memory', '1M'), (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));

/** Lets a mistake through, as JavaScript does. */
type Untyped = Record<string, (...args: unknown[]) => unknown>;

const reads = async (stream: unknown) => (stream as ReadableStream).getReader().read();
const writes = async (stream: unknown) => (stream as WritableStream).getWriter().write(new Uint8Array(1));
const next = async (extents: unknown) => (extents as AsyncGenerator).next();
const one = new Uint8Array(1);

/** What takes an offset, and the name by which its errors call it. */
const withOffset: [string, (nbd: Untyped, offset: unknown) => unknown][] = [
  ['nbd_pread', (nbd, offset) => nbd.pread?.(1, offset)],
  ['nbd_pread', (nbd, offset) => nbd.preadInto?.(one, offset)],
  ['nbd_pread_structured', (nbd, offset) => nbd.preadStructured?.(1, offset, () => {})],
  ['nbd_pwrite', (nbd, offset) => nbd.pwrite?.(one, offset)],
  ['nbd_zero', (nbd, offset) => nbd.zero?.(1, offset)],
  ['nbd_trim', (nbd, offset) => nbd.trim?.(1, offset)],
  ['nbd_cache', (nbd, offset) => nbd.cache?.(1, offset)],
  ['nbd_block_status', (nbd, offset) => nbd.blockStatus?.(1, offset, () => {})],
  ['nbd_block_status_64', (nbd, offset) => nbd.blockStatus64?.(1, offset, () => {})],
  ['nbd_block_status_64', (nbd, offset) => nbd.blockStatusArrays?.(1, offset)],
  ['nbd_aio_pread', async (nbd, offset) => nbd.aioPread?.(one, offset)],
  ['nbd_aio_pwrite', async (nbd, offset) => nbd.aioPwrite?.(one, offset)],
  ['readFully', (nbd, offset) => nbd.readFully?.(1, offset)],
  ['readable', (nbd, offset) => reads(nbd.readable?.({ offset }))],
  ['writable', (nbd, offset) => writes(nbd.writable?.({ offset }))],
  ['extents', (nbd, offset) => next(nbd.extents?.({ offset }))],
  ['extents', (nbd, offset) => next(nbd.extents?.({ offset, contexts: [CONTEXT_BASE_ALLOCATION] }))],
];

/** What takes a length of 64 bits. */
const withLength: [string, string, (nbd: Untyped, length: unknown) => unknown][] = [
  ['nbd_zero', 'count', (nbd, length) => nbd.zero?.(length, 0)],
  ['nbd_trim', 'count', (nbd, length) => nbd.trim?.(length, 0)],
  ['nbd_cache', 'count', (nbd, length) => nbd.cache?.(length, 0)],
  ['nbd_block_status_64', 'count', (nbd, length) => nbd.blockStatusArrays?.(length, 0)],
  ['readable', 'length', (nbd, length) => reads(nbd.readable?.({ length }))],
  ['writable', 'length', (nbd, length) => writes(nbd.writable?.({ length }))],
  ['extents', 'length', (nbd, length) => next(nbd.extents?.({ length }))],
];

const exact = 'an integer from 0 that a number holds exactly, or a bigint';
const bits64 = 'an integer from 0 to 18446744073709551615';
/** Values that are no offset and no length, and why. */
const wrong: [unknown, typeof RangeError | typeof TypeError, string][] = [
  [2 ** 53, RangeError, `${exact}, not 9007199254740992`],
  [2 ** 53 + 2, RangeError, `${exact}, not 9007199254740994`], // 2^53 + 1 is none of a number's values, and becomes 2^53
  [2 ** 64, RangeError, `${exact}, not 18446744073709552000`],
  [-1, RangeError, `${exact}, not -1`],
  [0.5, RangeError, `${exact}, not 0.5`],
  [Number.NaN, RangeError, `${exact}, not NaN`],
  [Number.POSITIVE_INFINITY, RangeError, `${exact}, not Infinity`],
  [-1n, RangeError, `${bits64}, not -1n`],
  [2n ** 64n, RangeError, `${bits64}, not 18446744073709551616n`],
  ['0', TypeError, 'a number or a bigint, not "0"'],
  [null, TypeError, 'a number or a bigint, not null'],
  [true, TypeError, 'a number or a bigint, not true'],
  [{}, TypeError, 'a number or a bigint, not an object (Object)'],
  [[4096], TypeError, 'a number or a bigint, not an object (Array)'],
];

async function expectRefusal(nbd: NBD, call: () => unknown, type: typeof RangeError, message: string | RegExp): Promise<void> {
  const sent = nbd.statsChunksSent();
  const error = await failure(async () => call());
  expect(error, String(message)).toBeInstanceOf(type);
  if (typeof message === 'string') expect((error as Error).message).toBe(message);
  else expect((error as Error).message).toMatch(message);
  expect(nbd.statsChunksSent()).toBe(sent);
}

test.for(wrong)('%s is no offset and no length', async ([value, type, text]) => {
  const nbd = await connectedToMemory();
  const untyped = nbd as unknown as Untyped;
  for (const [name, call] of withOffset) {
    await expectRefusal(nbd, () => call(untyped, value), type, `${name}: offset must be ${text}`);
  }
  for (const [name, argument, call] of withLength) {
    await expectRefusal(nbd, () => call(untyped, value), type, `${name}: ${argument} must be ${text}`);
  }
  expect(await nbd.pread(4, 0)).toEqual(new Uint8Array(4)); // nothing has happened to the handle
});

describe('outside of the disk', () => {
  const offsets = [size, 2n ** 40n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];

  // libnbd's own refusals are NBDErrors, whose code is that of the call (errors_arguments.test.ts).
  test.for(offsets)('an offset of %s', async (offset) => {
    const nbd = await connectedToMemory();
    for (const [name, call] of withOffset) {
      const sent = nbd.statsChunksSent();
      if (name.startsWith('nbd_')) {
        const error = await failure(async () => call(nbd as unknown as Untyped, offset));
        expect(error, name).toMatchObject({
          name: 'NBDError',
          message: expect.stringContaining(`${name}: request out of bounds`),
        });
      } else if (offset > size) {
        const text = new RegExp(`^${name}: (1|the) bytes from ${offset} on are not inside the disk, which has ${size} bytes$`);
        await expectRefusal(nbd, () => call(nbd as unknown as Untyped, offset), RangeError, text);
      }
      expect(nbd.statsChunksSent(), name).toBe(sent);
    }
  });

  test.for([
    [0n, size + 1n],
    [1n, size],
    [size, 1n],
    [1n, 2n ** 64n - 1n], // the sum is 2^64, which is 0 in 64 bits
    [2n ** 63n, 2n ** 63n],
  ] as const)('from %s on, %s bytes', async ([offset, length]) => {
    const nbd = await connectedToMemory();
    const text = (name: string) => `${name}: ${length} bytes from ${offset} on are not inside the disk, which has ${size} bytes`;
    await expectRefusal(nbd, () => reads(nbd.readable({ offset, length })), RangeError, text('readable'));
    await expectRefusal(nbd, () => writes(nbd.writable({ offset, length })), RangeError, text('writable'));
    await expectRefusal(nbd, () => nbd.extents({ offset, length }).next(), RangeError, text('extents'));
    if (length > Number.MAX_SAFE_INTEGER) return;
    await expectRefusal(nbd, () => nbd.readFully(Number(length), offset), RangeError, text('readFully'));
  });
});

test('the end of the disk is inside, with nothing behind it', async () => {
  const nbd = await connectedToMemory();
  expect(await nbd.readFully(0, size)).toEqual(new Uint8Array());
  expect(await nbd.readable({ offset: size }).getReader().read()).toMatchObject({ done: true });
  expect(await nbd.extents({ offset: size }).next()).toMatchObject({ done: true });
  await nbd.writable({ offset: size }).close();
});

test.for<[unknown, typeof RangeError, string]>([
  [2 ** 53, RangeError, 'an integer from 0 to 9007199254740991, not 9007199254740992'],
  [-1, RangeError, 'an integer from 0 to 9007199254740991, not -1'],
  [1.5, RangeError, 'an integer from 0 to 9007199254740991, not 1.5'],
  [Number.NaN, RangeError, 'an integer from 0 to 9007199254740991, not NaN'],
  [512n, TypeError, 'a number, not 512n'], // as nbd_pread: it is the length of a buffer
  ['512', TypeError, 'a number, not "512"'],
  [undefined, TypeError, 'a number, not undefined'],
])('readFully: %s is no length of a buffer', async ([value, type, text]) => {
  const nbd = await connectedToMemory();
  await expectRefusal(nbd, () => nbd.readFully(value as number, 0), type, `readFully: length must be ${text}`);
});

test('readFully: an offset must be given, and a buffer that is too large is told so', async () => {
  const nbd = await connectedToMemory();
  const text = 'readFully: offset must be a number or a bigint, not undefined';
  await expectRefusal(nbd, () => nbd.readFully(1, undefined as unknown as number), TypeError, text);
  const large = await connected(await nbdkit('null', `size=${2n ** 62n}`));
  const room = `readFully: there is no room for a buffer of ${2 ** 50} bytes`;
  await expectRefusal(large, () => large.readFully(2 ** 50, 0), RangeError, room);
});

test.for<[unknown, typeof RangeError, string]>([
  [0, RangeError, 'an integer from 1 to 9007199254740991, not 0'],
  [-1, RangeError, 'an integer from 1 to 9007199254740991, not -1'],
  [0.5, RangeError, 'an integer from 1 to 9007199254740991, not 0.5'],
  [Number.NaN, RangeError, 'an integer from 1 to 9007199254740991, not NaN'],
  [Number.POSITIVE_INFINITY, RangeError, 'an integer from 1 to 9007199254740991, not Infinity'],
  ['16', TypeError, 'a number, not "16"'],
  [16n, TypeError, 'a number, not 16n'],
  [null, TypeError, 'a number, not null'],
])('%s is no size of a request, and no number of requests in flight', async ([value, type, text]) => {
  const nbd = await connectedToMemory();
  for (const option of ['requestSize', 'inFlight']) {
    const options = { [option]: value as number };
    await expectRefusal(nbd, () => nbd.readFully(1, 0, options), type, `readFully: ${option} must be ${text}`);
    await expectRefusal(nbd, () => reads(nbd.readable(options)), type, `readable: ${option} must be ${text}`);
    await expectRefusal(nbd, () => writes(nbd.writable(options)), type, `writable: ${option} must be ${text}`);
  }
});

test.for([null, 5, 'all', undefined])('%s is none of the options of a call that takes some', async (value) => {
  const nbd = await connectedToMemory();
  const options = value as unknown as object;
  const calls: [string, () => unknown][] = [
    ['readFully', () => nbd.readFully(1, 0, options)],
    ['readable', () => reads(nbd.readable(options))],
    ['writable', () => writes(nbd.writable(options))],
    ['extents', () => next(nbd.extents(options))],
  ];
  for (const [name, call] of calls) {
    if (value === undefined) await call();
    else {
      const text = `${name}: options must be an object, not ${JSON.stringify(value)}`;
      await expectRefusal(nbd, call, TypeError, text);
    }
  }
});

test.for<[unknown, string]>([
  [[], 'an object (Array)'],
  ['base:allocation', '"base:allocation"'],
  [null, 'null'],
])('extents: %s is no list of contexts', async ([contexts, text]) => {
  const nbd = await connectedToMemory();
  const message = `extents: contexts must be an array of the names of metadata contexts, not ${text}`;
  await expectRefusal(nbd, () => nbd.extents({ contexts: contexts as string[] }).next(), TypeError, message);
});

test('what a number cannot say exactly, a bigint can, up to the last byte that libnbd takes', async () => {
  const last = 2n ** 63n - 2n;
  const nbd = await connected(await nbdkit('pattern', `size=${last + 1n}`), (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));
  for (const offset of [2n ** 53n + 1n, last - 7n, last]) {
    const expected = await nbd.pread(1, offset);
    expect(await nbd.readFully(1, offset)).toEqual(expected);
    expect(await nbd.readable({ offset, length: 1n }).getReader().read()).toEqual({ done: false, value: expected });
    expect((await nbd.extents({ offset, length: 1 }).next()).value).toEqual({ offset, length: 1n, flags: 0n });
  }
});
