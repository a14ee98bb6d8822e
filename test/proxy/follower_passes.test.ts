// What passes a proxy that is read-only, in pieces of any size, and what the proxy makes of the server.
import { describe, expect, test } from 'vitest';
import { Follower } from '../../src/proxy/follower.js';
import { concat, text, u32 } from '../support/bytes.js';
import { greeting, optionReply } from '../support/protocol.js';
import * as nbd from './client_bytes.js';
import { exportName, extended, flags, go, info, metaContext, option, request } from './client_bytes.js';
import { type Choices, follow, pieces, readOnly, takesStatusPayload } from './followed.js';

const reads = (make: typeof request) =>
  concat(...[nbd.READ, nbd.FLUSH, nbd.CACHE, nbd.BLOCK_STATUS, nbd.READ, nbd.DISC].map((command) => make(command)));
const statusPayload = concat(u32(0), u32(512), u32(1), request(nbd.WRITE), u32(0)).subarray(0, 40);
const longest = 'x'.repeat(4096);

const harmless: [string, Uint8Array, Choices?][] = [
  [
    'every option that has no data',
    concat(...[nbd.LIST, nbd.STRUCTURED_REPLY, nbd.EXTENDED_HEADERS, nbd.ABORT].map((n) => option(n))),
  ],
  ['NBD_OPT_GO and compact requests', concat(go('disk'), reads(request))],
  ['NBD_OPT_GO with every kind of information', concat(option(nbd.GO, info('', [0, 1, 2, 3])), reads(request))],
  ['extended requests', concat(option(nbd.EXTENDED_HEADERS), go(), reads(extended))],
  ['an export’s name and requests', concat(exportName('disk'), reads(request))],
  ['an export’s name in any script', concat(option(nbd.INFO, info('диск 💾')), exportName('диск 💾'), reads(request))],
  [
    'the longest names',
    concat(option(nbd.INFO, info(longest)), option(nbd.LIST_META_CONTEXT, metaContext(longest, [longest])), go(longest)),
  ],
  ['metadata contexts', concat(option(nbd.SET_META_CONTEXT, metaContext('', ['base:', 'qemu:dirty-bitmap:a'])), go())],
  ['metadata contexts without a query', concat(option(nbd.LIST_META_CONTEXT, metaContext('disk')), go())],
  [
    'flags that servers ignore or know',
    concat(go(), request(nbd.READ, { flags: nbd.FUA | nbd.DF }), request(nbd.BLOCK_STATUS, { flags: nbd.REQ_ONE })),
  ],
  ['options that go on after a refused NBD_OPT_GO', concat(go('a'), go('b'), request(nbd.READ)), { agrees: (_, nth) => nth > 0 }],
  [
    'compact requests after refused extended headers',
    concat(option(nbd.EXTENDED_HEADERS), go(), reads(request)),
    { agrees: (n) => n === nbd.GO },
  ],
  [
    'a block status with a payload that looks like a write',
    concat(
      option(nbd.EXTENDED_HEADERS),
      go(),
      extended(nbd.BLOCK_STATUS, { length: 40, flags: nbd.PAYLOAD_LEN, payload: statusPayload }),
      reads(extended),
    ),
    takesStatusPayload,
  ],
];

test.for(harmless)('%s', ([, bytes, choices]) => {
  const all = concat(flags(), bytes);
  for (const size of [1, 2, 3, 7, 16, 20, 28, 31, 100, all.length]) {
    const { ending, toServer } = follow(readOnly, pieces(all, size), { ...choices, pieceSize: size });
    expect(ending, `in pieces of ${size}`).toBeUndefined();
    expect(toServer).toEqual(all);
  }
});

describe('the server', () => {
  const outlet = { toServer: () => {}, toClient: () => {} };

  test('is waited for: what the client says meanwhile is kept, and goes on with its answer', () => {
    const sent: Uint8Array[] = [];
    const follower = new Follower(readOnly, { ...outlet, toServer: (bytes) => sent.push(bytes) });
    follower.clientSays(Buffer.from(concat(flags(), option(nbd.LIST), go())));
    expect(sent).toEqual([]);
    expect(follower.isHolding).toBe(true);
    follower.serverSays(Buffer.from(greeting()));
    expect(concat(...sent)).toEqual(concat(flags(), option(nbd.LIST)));
    expect(follower.isHolding).toBe(true);
    follower.serverSays(Buffer.from(optionReply(nbd.LIST, 1)));
    expect(concat(...sent)).toEqual(concat(flags(), option(nbd.LIST), go()));
    expect(follower.isHolding).toBe(false);
  });

  const wrong: [string, string, Uint8Array[]][] = [
    ['of something else', 'what the server sends is not NBD', [text('SSH-2.0-OpenSSH_9.2\r\n')]],
    [
      'of the oldstyle',
      'the server speaks an old protocol, without options',
      [concat(text('NBDMAGIC'), Buffer.from('00420281861253', 'hex'), new Uint8Array(137))],
    ],
    ['that speaks before it is asked', 'the server speaks before it is asked', [concat(greeting(), Uint8Array.of(0))]],
    [
      'that answers another option',
      'the server replies to option 6, and was asked for option 7',
      [greeting(), optionReply(6, 1)],
    ],
    ['whose replies are none', 'what the server sends is not a reply to an option', [greeting(), new Uint8Array(20)]],
    [
      'whose reply has an unknown type',
      'the server’s reply to option 7 is of the unknown type 9',
      [greeting(), optionReply(7, 9)],
    ],
    [
      'that goes on after its last reply',
      'the server speaks before it is asked',
      [greeting(), concat(optionReply(7, 1), Uint8Array.of(0))],
    ],
  ];
  test.for(wrong)('%s', ([, reason, words]) => {
    const follower = new Follower(readOnly, outlet);
    const talk = () => {
      for (const [i, word] of words.entries()) {
        if (i === 1) follower.clientSays(Buffer.from(concat(flags(), go())));
        follower.serverSays(Buffer.from(word));
      }
    };
    expect(talk).toThrow(reason);
  });
});
