// The flag PAYLOAD_LEN of a write, which is libnbd's business and not the caller's (tests/pwrite-extended.c).
import { CMD_FLAG_PAYLOAD_LEN, STRICT_AUTO_FLAG, STRICT_FLAGS } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { retired } from '../support/aio.js';
import { connected, nbdError, newHandle } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';
import {
  extendedChunk,
  extendedRequest,
  handshake,
  NBD_REPLY_FLAG_DONE,
  NBD_REPLY_TYPE_NONE,
  type Replies,
  request,
  simpleReply,
} from '../support/protocol.js';
import { RecordingTransport } from '../support/recording_transport.js';
import type { Step } from '../support/script.js';

const bytes = new Uint8Array(512).fill(7);

test('a server without extended headers: ignored on a write, refused on a read', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  expect(nbd.getStrictMode() & STRICT_FLAGS).not.toBe(0);
  expect(await nbdError(() => nbd.aioPread(new Uint8Array(512), 0, { flags: CMD_FLAG_PAYLOAD_LEN }))).toMatchObject({
    message: 'nbd_aio_pread: flags: invalid value for flag: 0x20: Invalid argument',
    code: 'EINVAL',
  });
  await retired(nbd, nbd.aioPwrite(bytes, 0, { flags: CMD_FLAG_PAYLOAD_LEN }));
  await retired(nbd, nbd.aioPwrite(bytes, 512));
  expect(await nbd.pread(1024, 0)).toEqual(new Uint8Array(1024).fill(7));
});

test('without STRICT_AUTO_FLAG the caller has to get it right', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setStrictMode(nbd.getStrictMode() & ~STRICT_AUTO_FLAG));
  expect((await nbdError(nbd.pwrite(bytes, 0, { flags: CMD_FLAG_PAYLOAD_LEN }))).message).toBe(
    'nbd_pwrite: incorrect setting for PAYLOAD_LEN flag: Invalid argument',
  );
  await nbd.pwrite(bytes, 0);
});

// No server here has extended headers: a scripted one tells what would go over the wire.
test.for([
  ['simple', request, 0, simpleReply(1)],
  ['extended', extendedRequest, CMD_FLAG_PAYLOAD_LEN, extendedChunk(1, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_NONE, 4096n)],
] as [Replies, number, number, Uint8Array][])(
  '%s headers: the request, and the flag in it',
  async ([replies, size, flags, reply]) => {
    const script: Step[] = [...handshake(replies, 2n ** 20n), { receive: size + bytes.length }, { send: reply }];
    const transport = new RecordingTransport(script);
    const nbd = await newHandle();
    await nbd.connectSocket(transport);
    expect(nbd.getExtendedHeadersNegotiated()).toBe(replies === 'extended');
    const start = transport.sent.length;
    await nbd.pwrite(bytes, 4096, flags === 0 ? { flags: CMD_FLAG_PAYLOAD_LEN } : {});
    const sent = transport.sent.subarray(start);
    expect(sent.length).toBe(size + bytes.length);
    expect(new DataView(sent.buffer, sent.byteOffset).getUint16(4)).toBe(flags);
    expect(sent.subarray(size)).toEqual(bytes);
  },
);
