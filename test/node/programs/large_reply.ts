// A server answers block status requests with as many extents as libnbd takes in one reply, 64 MiB of them. Prints what a call makes
// of it. To be run with a small heap, in which an object for each extent has no place.
import { CONTEXT_BASE_ALLOCATION, load, type NBD, NBDError, type Transport, type TransportEvents } from 'libnbd-wasm';
import { concat, text, u16, u32, u64 } from '../../support/bytes.js';
import * as protocol from '../../support/protocol.js';

const [what = '', replies = ''] = process.argv.slice(2);
const isExtended = replies === 'extended';
const block = 512;
const size = 2n ** 50n;
const contexts = what === 'two contexts' ? [CONTEXT_BASE_ALLOCATION, 'another:context'] : [CONTEXT_BASE_ALLOCATION];
// libnbd takes no chunk of more than 64 MiB, with what stands before the extents.
const width = isExtended ? 16 : 8;
const count = Math.floor((2 ** 26 - 8) / width);

/** The extents, by turns data and hole. */
const extents = new Uint8Array(count * width);
const view = new DataView(extents.buffer);
for (let i = 0; i < count; i++) {
  view.setUint32(i * width + (isExtended ? 4 : 0), block);
  view.setUint32(i * width + (isExtended ? 12 : 4), (i % 2) * 3);
}

/** Answers each block status request with all of the extents. */
class Server implements Transport {
  #events: TransportEvents | undefined;
  #requests = 0;
  #isReady = false;

  open(events: TransportEvents): void {
    this.#events = events;
    events.data(protocol.greeting());
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    const bytes = concat(...chunks);
    written();
    queueMicrotask(() => (this.#isReady ? this.#answer(bytes) : this.#negotiate(bytes)));
  }

  #negotiate(bytes: Uint8Array): void {
    const option = new DataView(bytes.buffer).getUint32(bytes.length >= 20 && bytes[4] === 0x49 ? 12 : 8);
    if (option === protocol.NBD_OPT_EXTENDED_HEADERS && !isExtended) this.#reply(option, protocol.NBD_REP_ERR_UNSUP);
    else if (option === protocol.NBD_OPT_SET_META_CONTEXT) {
      for (const [id, name] of contexts.entries())
        this.#reply(option, protocol.NBD_REP_META_CONTEXT, concat(u32(id), text(name)));
      this.#reply(option, protocol.NBD_REP_ACK);
    } else if (option === protocol.NBD_OPT_GO) {
      this.#isReady = true;
      this.#events?.data(protocol.goReplies(size));
    } else this.#reply(option, protocol.NBD_REP_ACK);
  }

  #reply(option: number, type: number, data?: Uint8Array): void {
    this.#events?.data(protocol.optionReply(option, type, data));
  }

  #answer(bytes: Uint8Array): void {
    const request = new DataView(bytes.buffer);
    const cookie = ++this.#requests;
    for (const id of contexts.keys()) this.#tell(request, cookie, id, id === contexts.length - 1);
  }

  #tell(request: DataView, cookie: number, id: number, isLast: boolean): void {
    const before = isExtended ? concat(u32(id), u32(count)) : u32(id);
    const length = before.length + extents.length;
    const flags = u16(isLast ? protocol.NBD_REPLY_FLAG_DONE : 0);
    const head = isExtended
      ? concat(u32(0x6e8a278c), flags, u16(6), u64(cookie), u64(request.getBigUint64(16)), u64(length))
      : concat(u32(0x668e33ef), flags, u16(5), u64(cookie), u32(length));
    this.#events?.data(concat(head, before));
    for (let at = 0; at < extents.length; at += 2 ** 18) this.#events?.data(extents.subarray(at, at + 2 ** 18), true);
  }

  close(): void {
    this.#events = undefined;
  }
}

const range = 2n ** 32n - 512n;
const ways: Record<string, (nbd: NBD) => Promise<number | string>> = {
  blockStatus: async (nbd) => {
    let found = 0;
    await nbd.blockStatus(range, 0, (_context, _offset, numbers) => {
      found = numbers.length / 2;
    });
    return found;
  },
  blockStatus64: async (nbd) => {
    let found = 0;
    await nbd.blockStatus64(range, 0, (_context, _offset, entries) => {
      found = entries.length;
    });
    return found;
  },
  blockStatusArrays: async (nbd) => ((await nbd.blockStatusArrays(range, 0)).get(CONTEXT_BASE_ALLOCATION)?.length ?? 0) / 2,
  'two contexts': async (nbd) => {
    const error: unknown = await nbd.blockStatusArrays(range, 0).catch((error: unknown) => error);
    if (!(error instanceof NBDError)) throw new Error('it should have failed');
    return `${error.code} ${error.message}`;
  },
  extents: async (nbd) => {
    let found = 0;
    for await (const { flags } of nbd.extents()) {
      if (flags !== BigInt((found % 2) * 3)) throw new Error(`extent ${found} is wrong`);
      if (++found === 2 ** 19) break;
    }
    return found;
  },
};

const lib = await load();
const nbd = lib.create();
nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
await nbd.connectSocket(new Server());
console.log(JSON.stringify({ sent: count, found: await ways[what]?.(nbd) }));
nbd.close();
