// A server that answers an option without end: the connection fails before the module's memory has grown by much, and says why.
import { type Library, load, NBD, type Transport, type TransportEvents } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { concat, text, u32 } from './support/bytes.js';
import { connected, nbdError, newHandle } from './support/handles.js';
import { nbdkit } from './support/platform.js';
import {
  clientFlags,
  exportInfo,
  greeting,
  NBD_OPT_EXTENDED_HEADERS,
  NBD_OPT_GO,
  NBD_OPT_SET_META_CONTEXT,
  NBD_REP_ACK,
  NBD_REP_INFO,
  NBD_REP_META_CONTEXT,
  optionHeader,
  optionReply,
} from './support/protocol.js';
import type { Step } from './support/script.js';
import { ScriptedTransport } from './support/scripted_transport.js';

const MiB = 2 ** 20;
/** What the client takes in answer to one option. */
const bound = 8 * MiB;

const NBD_OPT_LIST = 3;
const NBD_OPT_LIST_META_CONTEXT = 9;
const NBD_REP_SERVER = 2;

/** The beginning of a handshake, and then the same bytes again and again until the library hangs up. */
class EndlessTransport implements Transport {
  readonly #replies: readonly Uint8Array[];
  readonly #endless: Uint8Array;
  #events: TransportEvents | undefined;
  #answered = 0;
  sent = 0;

  /** `replies` answer the first options, one each. */
  constructor(replies: readonly Uint8Array[], endless: Uint8Array) {
    this.#replies = [...replies];
    this.#endless = endless;
  }

  open(events: TransportEvents): void {
    this.#events = events;
    events.data(greeting());
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    const bytes = concat(...chunks);
    written();
    if (bytes.length === clientFlags) return; // the option follows
    const reply = this.#replies[this.#answered++];
    queueMicrotask(() => (reply === undefined ? void this.#flood() : this.#events?.data(reply)));
  }

  async #flood(): Promise<void> {
    const chunk = concat(...Array.from({ length: Math.ceil(65536 / this.#endless.length) }, () => this.#endless));
    while (this.#events !== undefined && this.sent < 16 * bound) {
      this.#events.data(chunk.slice());
      this.sent += chunk.length;
      if (this.sent % MiB < chunk.length) await new Promise((resolve) => setTimeout(resolve));
    }
  }

  close(): void {
    this.#events = undefined;
  }
}

const ack = (option: number) => optionReply(option, NBD_REP_ACK);
const extended = ack(NBD_OPT_EXTENDED_HEADERS);
const name = text('x'.repeat(100));

type Attack = {
  endless: Uint8Array;
  call: string;
  prepare(nbd: NBD): void;
  start(nbd: NBD, socket: Transport): Promise<unknown>;
};

const inOptionMode = (ask: (nbd: NBD) => Promise<unknown>): Pick<Attack, 'prepare' | 'start'> => ({
  prepare: (nbd) => nbd.setOptMode(true),
  start: async (nbd, socket) => {
    await nbd.connectSocket(socket);
    return ask(nbd);
  },
});

const attacks: [string, Attack][] = [
  [
    'contexts that were not asked for',
    {
      endless: optionReply(NBD_OPT_SET_META_CONTEXT, NBD_REP_META_CONTEXT, concat(u32(1), name)),
      call: 'nbd_connect_socket',
      prepare: (nbd) => nbd.addMetaContext('base:allocation'),
      start: (nbd, socket) => nbd.connectSocket(socket),
    },
  ],
  [
    'the shortest contexts that there are',
    {
      endless: optionReply(NBD_OPT_SET_META_CONTEXT, NBD_REP_META_CONTEXT, concat(u32(1), text('x'))),
      call: 'nbd_connect_socket',
      prepare: (nbd) => nbd.addMetaContext('base:allocation'),
      start: (nbd, socket) => nbd.connectSocket(socket),
    },
  ],
  [
    'information about the export',
    {
      endless: optionReply(NBD_OPT_GO, NBD_REP_INFO, exportInfo(512n, 1)),
      call: 'nbd_connect_socket',
      prepare: () => {},
      start: (nbd, socket) => nbd.connectSocket(socket),
    },
  ],
  [
    'a list of exports',
    {
      endless: optionReply(NBD_OPT_LIST, NBD_REP_SERVER, concat(u32(100), name)),
      call: 'nbd_opt_list',
      ...inOptionMode((nbd) => nbd.optList(() => {})),
    },
  ],
  [
    'a list of contexts',
    {
      endless: optionReply(NBD_OPT_LIST_META_CONTEXT, NBD_REP_META_CONTEXT, concat(u32(1), name)),
      call: 'nbd_opt_list_meta_context',
      ...inOptionMode((nbd) => nbd.optListMetaContext(() => {})),
    },
  ],
];

test.for(attacks)('%s without end', async ([, { call, endless, prepare, start }]) => {
  const lib = await load();
  const nbd = await newHandle(lib);
  prepare(nbd);
  const before = lib.memorySize;
  const transport = new EndlessTransport([extended], endless);
  const error = await nbdError(start(nbd, transport));
  expect(error).toMatchObject({ code: 'EPROTO', isFatal: true });
  expect(error.message).toMatch(new RegExp(`^${call}: .*the server sent more than ${bound} bytes in answer to one option`));
  expect(transport.sent).toBeLessThan(bound + 2 * MiB);
  expect(lib.memorySize - before).toBeLessThan(2 * bound + MiB);
  await expectUsable(lib);
});

test('a greeting without end', async () => {
  const nbd = await newHandle();
  const flood: Transport = {
    open: (events) => events.data(concat(greeting(), new Uint8Array(bound + 1))),
    write: (_chunks, written) => written(),
    close: () => {},
  };
  expect((await nbdError(nbd.connectSocket(flood))).message).toMatch(/^nbd_connect_socket: /);
});

async function expectUsable(lib: Library): Promise<void> {
  const nbd = await connected(await nbdkit('memory', '1M'), () => {}, lib);
  expect(nbd.getSize()).toBe(2n ** 20n);
  using shared = await NBD.create();
  expect(shared.getPackageName()).toBe('libnbd');
}

describe('below the bound', () => {
  /** The answer to NBD_OPT_LIST with so many exports. */
  const list = (count: number) =>
    concat(
      ...Array.from({ length: count }, () => optionReply(NBD_OPT_LIST, NBD_REP_SERVER, concat(u32(100), name))),
      ack(NBD_OPT_LIST),
    );
  const size = 20 + 4 + name.length;
  const some = Math.floor((bound * 0.7) / size);

  test('each option has it anew: two lists of 47,000 exports', async () => {
    const script: Step[] = [
      { send: greeting() },
      { receive: clientFlags + optionHeader },
      { send: extended },
      { receive: optionHeader },
      { send: list(some) },
      { receive: optionHeader },
      { send: list(some) },
    ];
    const nbd = await newHandle();
    nbd.setOptMode(true);
    await nbd.connectSocket(new ScriptedTransport(script, 65536));
    for (let i = 0; i < 2; i++) {
      let last = '';
      expect(
        await nbd.optList((found) => {
          last = found;
        }),
      ).toBe(some);
      expect(last).toBe('x'.repeat(100));
    }
    expect(nbd.connected).toBe(true);
  });

  test('after the handshake there is none', async () => {
    const server = await nbdkit('pattern', '64M');
    const nbd = await connected(server);
    for (let i = 0; i < 4; i++) await nbd.pread(8 * MiB, i * 8 * MiB);
    expect(nbd.connected).toBe(true);
  });
});
