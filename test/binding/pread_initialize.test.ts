// Whether a buffer is cleared before it is read into (tests/pread-initialize.c).
import { expect, test } from 'vitest';
import { retired } from '../support/aio.js';
import { concat, u32, u64 } from '../support/bytes.js';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit, peer } from '../support/platform.js';
import {
  chunk,
  handshake,
  NBD_REPLY_FLAG_DONE,
  NBD_REPLY_TYPE_OFFSET_DATA,
  NBD_REPLY_TYPE_OFFSET_HOLE,
  request,
} from '../support/protocol.js';

const ones = () => new Uint8Array(512).fill(1);

test.for([
  [true, 0],
  [false, 1],
] as const)('a read that libnbd refuses, with setPreadInitialize(%s), leaves bytes of %d', async ([initialize, byte]) => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setPreadInitialize(initialize));
  const buffer = ones();
  expect(await nbdError(() => nbd.aioPread(buffer, 2n ** 64n - 1n))).toMatchObject({
    message: 'nbd_aio_pread: request out of bounds: Invalid argument',
    code: 'EINVAL',
  });
  expect(buffer).toEqual(new Uint8Array(512).fill(byte));
});

test.for([
  [true, 0],
  [false, 1],
] as const)('a server that sends too little, with setPreadInitialize(%s), leaves bytes of %d', async ([initialize, byte]) => {
  const data = chunk(1, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_OFFSET_DATA, concat(u64(128), new Uint8Array(128).fill(7)));
  const server = await peer([...handshake('structured', 512n), { receive: request }, { send: data }]);
  const nbd = await connected(server, (nbd) => nbd.setPreadInitialize(initialize));
  const buffer = ones();
  expect((await nbdError(retired(nbd, nbd.aioPread(buffer, 0)))).code).toBe('EPROTO');
  expect(buffer.subarray(0, 128)).toEqual(new Uint8Array(128).fill(byte));
  expect(buffer.subarray(128, 256)).toEqual(new Uint8Array(128).fill(7));
  expect(buffer.subarray(256)).toEqual(new Uint8Array(256).fill(byte));
});

/** Data, a hole, data and a hole of 128 bytes each. */
const pieces = [
  chunk(1, 0, NBD_REPLY_TYPE_OFFSET_DATA, concat(u64(0), new Uint8Array(128).fill(7))),
  chunk(1, 0, NBD_REPLY_TYPE_OFFSET_HOLE, concat(u64(128), u32(128))),
  chunk(1, 0, NBD_REPLY_TYPE_OFFSET_DATA, concat(u64(256), new Uint8Array(128).fill(8))),
  chunk(1, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_OFFSET_HOLE, concat(u64(384), u32(128))),
];
const content = concat(...[7, 0, 8, 0].map((byte) => new Uint8Array(128).fill(byte)));

test.for([true, false])(
  'holes are zeroes, for the chunk callback and at the end, with setPreadInitialize(%s)',
  async (initialize) => {
    const server = await peer([...handshake('structured', 512n), { receive: request }, { send: concat(...pieces) }]);
    const nbd = await connected(server, (nbd) => nbd.setPreadInitialize(initialize));
    const buffer = ones();
    const seen: Uint8Array[] = [];
    await retired(
      nbd,
      nbd.aioPreadStructured(buffer, 0, (data) => void seen.push(data.slice())),
    );
    expect(concat(...seen)).toEqual(content);
    expect(buffer).toEqual(content);
  },
);

test('a connection that ends within a read leaves zeroes where nothing came', async () => {
  const server = await peer([
    ...handshake('structured', 512n),
    { receive: request },
    { send: concat(...pieces.slice(0, 3)) },
    { close: 'end' },
  ]);
  const nbd = await connected(server);
  const buffer = ones();
  await nbdError(nbd.preadInto(buffer, 0));
  expect(buffer).toEqual(content);
});
