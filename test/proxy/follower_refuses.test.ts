// What does not pass a proxy that is read-only: the connection ends at once, and nothing of the message reaches the server.
import { expect, test } from 'vitest';
import { concat, text, u16, u32 } from '../support/bytes.js';
import * as nbd from './client_bytes.js';
import { exportName, extended, flags, go, info, metaContext, option, request } from './client_bytes.js';
import { type Choices, follow, pieces, readOnly, takesStatusPayload } from './followed.js';

const longest = 'x'.repeat(4096);
/** A write at the beginning of the disk, as it would come after an option that a server does not consume. */
const hidden = concat(exportName('disk'), request(nbd.WRITE, { payload: new Uint8Array(512) }));
const write = request(nbd.WRITE, { payload: new Uint8Array(512) });
const extendedGo = concat(option(nbd.EXTENDED_HEADERS), go());

// What comes before each is harmless and passes, or not if it comes with it; nothing of the rest does.
const harmful: [what: string, reason: string, before: Uint8Array, bytes: Uint8Array, choices?: Choices][] = [
  ['a list with data', '4400 option 3 (LIST) has 560 bytes more than belong to it', flags(), option(nbd.LIST, hidden)],
  ['an abort with data', '4400 option 2 (ABORT) has 560 bytes more than belong to it', flags(), option(nbd.ABORT, hidden)],
  [
    'structured replies with data',
    '4400 option 8 (STRUCTURED_REPLY) has 1 bytes more than belong to it',
    flags(),
    option(nbd.STRUCTURED_REPLY, u16(0).subarray(1)),
  ],
  [
    'extended headers with data',
    '4400 option 11 (EXTENDED_HEADERS) has 2 bytes more than belong to it',
    flags(),
    option(nbd.EXTENDED_HEADERS, u16(0)),
  ],
  [
    'information with more than it says',
    '4400 option 6 (INFO) has 1 bytes more than belong to it',
    flags(),
    option(nbd.INFO, concat(info('disk'), Uint8Array.of(0))),
  ],
  [
    'information with less than it says',
    '4400 option 7 (GO) is too short for what it says is in it',
    flags(),
    option(nbd.GO, concat(u32(0), u16(2), u16(0))),
  ],
  [
    'a name that ends behind the option',
    '4400 option 7 (GO) is too short for what it says is in it',
    flags(),
    option(nbd.GO, u32(1)),
  ],
  [
    'contexts with more than they say',
    '4400 option 10 (SET_META_CONTEXT) has 4 bytes more than belong to it',
    flags(),
    option(nbd.SET_META_CONTEXT, concat(metaContext('', ['base:']), u32(0))),
  ],
  [
    'contexts with fewer than they say',
    '4400 option 9 (LIST_META_CONTEXT) is too short for what it says is in it',
    flags(),
    option(nbd.LIST_META_CONTEXT, concat(u32(0), u32(2 ** 32 - 1))),
  ],
  [
    'a name that is too long',
    '4400 option 6 (INFO) has a string of 4097 bytes; 4096 are allowed',
    flags(),
    option(nbd.INFO, info(`${longest}x`)),
  ],
  [
    'a query that is too long',
    '4400 option 9 (LIST_META_CONTEXT) has a string of 4097 bytes; 4096 are allowed',
    flags(),
    option(nbd.LIST_META_CONTEXT, metaContext('', [`${longest}x`])),
  ],
  [
    'an export’s name that is too long',
    '4400 option 1 (EXPORT_NAME) has a string of 4097 bytes; 4096 are allowed',
    flags(),
    exportName(`${longest}x`),
  ],
  [
    'an option that is too long',
    '4400 option 10 (SET_META_CONTEXT) is too long: 65537 bytes of 65536',
    flags(),
    option(nbd.SET_META_CONTEXT, new Uint8Array(), 65537),
  ],
  [
    'an option of 4 GiB',
    '4400 option 3 (LIST) is too long: 4294967295 bytes of 65536',
    flags(),
    option(nbd.LIST, new Uint8Array(), 2 ** 32 - 1),
  ],
  ['an option in the name of an export', '4400 option 6 (INFO) hides another message', flags(), option(nbd.INFO, info(hidden))],
  ['a request in the name of an export', '4400 option 7 (GO) hides another message', flags(), option(nbd.GO, info(write))],
  [
    'an extended request in a query',
    '4400 option 9 (LIST_META_CONTEXT) hides another message',
    flags(),
    option(nbd.LIST_META_CONTEXT, concat(u32(0), u32(1), nbd.string(extended(nbd.WRITE)))),
  ],
  [
    'a request in what is asked for',
    '4400 option 6 (INFO) hides another message',
    flags(),
    option(nbd.INFO, info('', [0x2560, 0x9513])),
  ],
  [
    'TLS',
    '4400 option 5 (STARTTLS) is refused: a proxy that is read-only, or leads to one export, cannot follow TLS',
    flags(),
    option(nbd.STARTTLS),
  ],
  ['an option that was given up', '4400 option 4 is refused: it is unknown', flags(), option(4)],
  ['an unknown option', '4400 option 77 is refused: it is unknown', flags(), option(77, hidden)],
  ['no option', '4400 what the client sends is not an NBD option', flags(), text('GET / HTTP/1.1\r\n')],
  ['flags that nobody has offered', '4400 flags 0x4 of the client: the server offers 0x3', new Uint8Array(), flags(4)],
  [
    'flags that this server does not offer',
    '4400 flags 0x3 of the client: the server offers 0x1',
    new Uint8Array(),
    flags(3),
    { greeting: 1 },
  ],
  [
    'a request of the oldstyle protocol',
    '4400 flags 0x25609513 of the client: the server offers 0x3',
    new Uint8Array(),
    request(nbd.READ),
  ],
  ['an option that the flags rule out', '4400 option 7 is refused: the client’s flags allow EXPORT_NAME alone', flags(2), go()],
  [
    'requests after a refused NBD_OPT_GO',
    '4400 what the client sends is not an NBD option',
    concat(flags(), go()),
    request(nbd.READ),
    { agrees: () => false },
  ],
  ['a request before any export', '4400 what the client sends is not an NBD option', flags(), request(nbd.READ)],
  ['a write', '4405 read-only: WRITE is refused', concat(flags(), go()), write],
  ['a write after an export’s name', '4405 read-only: WRITE is refused', concat(flags(), exportName()), write],
  ['a write after a read', '4405 read-only: WRITE is refused', concat(flags(), go(), request(nbd.READ)), write],
  ['a trim', '4405 read-only: TRIM is refused', concat(flags(), go()), request(nbd.TRIM)],
  ['zeroes', '4405 read-only: WRITE_ZEROES is refused', concat(flags(), go()), request(nbd.WRITE_ZEROES)],
  ['a resize', '4405 read-only: RESIZE is refused', concat(flags(), go()), request(nbd.RESIZE)],
  ['a command that nobody knows', '4405 read-only: command 99 is refused', concat(flags(), go()), request(99)],
  [
    'an extended write',
    '4405 read-only: WRITE is refused',
    concat(flags(), extendedGo),
    extended(nbd.WRITE, { flags: nbd.PAYLOAD_LEN }),
  ],
  ['extended zeroes', '4405 read-only: WRITE_ZEROES is refused', concat(flags(), extendedGo), extended(nbd.WRITE_ZEROES)],
  ['an option after NBD_OPT_GO', '4400 what the client sends is not an NBD request', concat(flags(), go()), concat(go(), hidden)],
  [
    'an option after an export’s name',
    '4400 what the client sends is not an NBD request',
    concat(flags(), exportName()),
    concat(go(), hidden),
  ],
  [
    'an extended request without extended headers',
    '4400 what the client sends is not an NBD request',
    concat(flags(), go()),
    extended(nbd.READ),
  ],
  [
    'an extended request after refused extended headers',
    '4400 what the client sends is not an NBD request',
    concat(flags(), extendedGo),
    extended(nbd.READ),
    { agrees: (n) => n === nbd.GO },
  ],
  [
    'a compact request with extended headers',
    '4400 what the client sends is not an NBD request',
    concat(flags(), extendedGo),
    concat(request(nbd.READ), u32(0)),
  ],
  [
    'a read with a payload',
    '4400 READ has flags that it cannot have: 0x20',
    concat(flags(), extendedGo),
    extended(nbd.READ, { flags: nbd.PAYLOAD_LEN }),
    takesStatusPayload,
  ],
  [
    'a compact status with a payload',
    '4400 BLOCK_STATUS has flags that it cannot have: 0x20',
    concat(flags(), go()),
    request(nbd.BLOCK_STATUS, { flags: nbd.PAYLOAD_LEN }),
    takesStatusPayload,
  ],
  [
    'a status with a payload that the server does not know',
    '4400 BLOCK_STATUS has flags that it cannot have: 0x20',
    concat(flags(), extendedGo),
    extended(nbd.BLOCK_STATUS, { length: 12, flags: nbd.PAYLOAD_LEN }),
  ],
  [
    'a status with half a context',
    '4400 BLOCK_STATUS has a payload of 14 bytes',
    concat(flags(), extendedGo),
    extended(nbd.BLOCK_STATUS, { length: 14, flags: nbd.PAYLOAD_LEN }),
    takesStatusPayload,
  ],
  [
    'a status with a payload of no end',
    '4400 BLOCK_STATUS has a payload of 1099511627776 bytes',
    concat(flags(), extendedGo),
    extended(nbd.BLOCK_STATUS, { length: 2 ** 40, flags: nbd.PAYLOAD_LEN }),
    takesStatusPayload,
  ],
  ['a flush with a length', '4400 FLUSH has an offset or a length', concat(flags(), go()), request(nbd.FLUSH, { length: 512 })],
  ['a disconnect with an offset', '4400 DISC has an offset or a length', concat(flags(), go()), request(nbd.DISC, { offset: 1 })],
  [
    'a read with a flag of a write',
    '4400 READ has flags that it cannot have: 0x2',
    concat(flags(), go()),
    request(nbd.READ, { flags: 2 }),
  ],
];

test.for(harmful)('%s', ([, reason, before, bytes, choices]) => {
  for (const size of [1, 3, 16, 28, 1000, 100_000]) {
    const { ending, toServer } = follow(readOnly, [before, ...pieces(concat(bytes, new Uint8Array(64)), size)], choices);
    expect(ending && `${ending.code} ${ending.reason}`, `in pieces of ${size}`).toBe(reason);
    expect(toServer).toEqual(before);
  }
  const together = follow(readOnly, [concat(before, bytes, new Uint8Array(64))], choices);
  expect(together.ending && `${together.ending.code} ${together.ending.reason}`).toBe(reason);
});
