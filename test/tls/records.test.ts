// Properties of the record layer: however the bytes come, what comes out is what was sent, in its order; and whatever somebody on the way
// does to them, never a wrong byte comes out, and always an error. The other side is independent_records.ts.
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Violation } from '../../dist/tls/failure.js';
import type { AesGcm, TrafficKey } from '../../dist/tls/traffic_key.js';
import { aes128, aes256, Direction, type IndependentSuite, keyUpdate, ticket, type } from './independent_records.js';
import { collected, layer, TestedLayer } from './record_layer.js';

const suites: Record<string, [IndependentSuite, AesGcm, number]> = {
  'AES-128-GCM': [aes128, { hash: 'SHA-256', keyLength: 16 }, 32],
  'AES-256-GCM': [aes256, { hash: 'SHA-384', keyLength: 32 }, 48],
};
const clientSecret = (length: number) => new Uint8Array(length).fill(1);
const serverSecret = (length: number) => new Uint8Array(length).fill(2);

async function both(name = 'AES-128-GCM') {
  const [independent, suite, length] = suites[name] ?? [];
  if (independent === undefined || suite === undefined) throw new Error(name);
  return {
    tested: await layer(suite, clientSecret(length ?? 0), serverSecret(length ?? 0)),
    client: new Direction(independent, clientSecret(length ?? 0)),
    server: new Direction(independent, serverSecret(length ?? 0)),
  };
}

/** What a server may send after its handshake. */
type Sent =
  | { readonly what: 'data'; readonly content: Uint8Array; readonly padding: number }
  | { readonly what: 'ticket'; readonly length: number; readonly pieces: number }
  | { readonly what: 'update' };

const sent: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('data' as const),
      content: fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: 1, max: 16000 }).map((length) => new Uint8Array(length).fill(length)),
      ),
      padding: fc.integer({ min: 0, max: 200 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('ticket' as const),
      length: fc.integer({ min: 0, max: 300 }),
      pieces: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ what: 'update' as const }) },
);

/** The records, and the data in them. */
function sealed(server: Direction, all: readonly Sent[]): { records: Buffer[]; data: Buffer } {
  const records: Buffer[] = [];
  const data: Uint8Array[] = [];
  for (const one of all) {
    if (one.what === 'data') {
      data.push(one.content);
      records.push(server.seal(type.data, one.content, one.padding));
    } else if (one.what === 'update') {
      records.push(server.seal(type.handshake, keyUpdate(false)));
      server.update();
    } else {
      const message = ticket(one.length);
      const size = Math.ceil(message.length / one.pieces);
      for (let at = 0; at < message.length; at += size)
        records.push(server.seal(type.handshake, message.subarray(at, at + size)));
    }
  }
  return { records, data: Buffer.concat(data) };
}

/** Gives bytes in pieces, which are overwritten right after. */
function receive(tested: TestedLayer, bytes: Buffer, cuts: readonly number[]): void {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  places.slice(1).forEach((end, i) => {
    const piece = new Uint8Array(bytes.subarray(places[i], end));
    tested.layer.receive(piece);
    piece.fill(0xee);
  });
}

describe.each(Object.keys(suites))('%s', (name) => {
  test('what comes in any pieces comes out whole', async () => {
    const pieces = fc.array(fc.nat(), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { maxLength: 50 }), pieces, async (all, cuts) => {
        const { tested, server } = await both(name);
        const { records, data } = sealed(server, all);
        receive(tested, Buffer.concat([...records, server.seal(type.alert, Buffer.from([1, 0]))]), cuts);
        await tested.ending;
        expect(tested.end).toBe('goodbye');
        expect(Buffer.compare(collected(tested.received), data)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('what goes out is what was written, in records of the protocol’s size', async () => {
    const writes = fc.array(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 4 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(writes, async (all) => {
        const { tested, client } = await both(name);
        const chunks = all.map((lengths) => lengths.map((length, i) => new Uint8Array(length).map((_, at) => at * 7 + i)));
        const copies = chunks.flat().map((chunk) => chunk.slice());
        const written = chunks.map((write) => tested.write(write));
        for (const chunk of chunks.flat()) chunk.fill(0xee); // it was copied
        await Promise.all(written);
        await tested.finish();
        let rest = collected(tested.sent);
        const data: Buffer[] = [];
        for (;;) {
          const record = client.open(rest);
          rest = record.rest;
          if (record.contentType === type.alert) break;
          expect(record.content.length).toBeLessThanOrEqual(2 ** 14);
          data.push(record.content);
        }
        expect(rest.length).toBe(0);
        expect(Buffer.compare(Buffer.concat(data), Buffer.concat(copies))).toBe(0);
      }),
      { numRuns: 25 },
    );
  });
});

test('cut at every byte: what came before is right, and the cut is told', async () => {
  const { server } = await both();
  const { records } = sealed(server, [
    { what: 'data', content: new Uint8Array(40).fill(9), padding: 0 },
    { what: 'update' },
    { what: 'data', content: new Uint8Array(30).fill(8), padding: 3 },
  ]);
  const all = Buffer.concat(records);
  const first = records[0]?.length ?? 0;
  for (let cut = 0; cut <= all.length; cut++) {
    const { tested } = await both();
    tested.layer.receive(all.subarray(0, cut));
    tested.layer.end();
    await tested.ending;
    expect(tested.end).toBe('cut');
    expect(collected(tested.received).length).toBe((cut >= first ? 40 : 0) + (cut >= all.length ? 30 : 0));
  }
});

/** What somebody on the way can do, with numbers that say where. */
const attacks: Record<string, (records: Buffer[], where: number, what: number) => Buffer[]> = {
  'flips a bit': (records, where, what) => {
    const bytes = Buffer.concat(records);
    const bit = where % (bytes.length * 8);
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return [bytes, Buffer.alloc(what % 3)];
  },
  'drops a record': (records, where) => records.filter((_, i) => i !== where % records.length),
  'repeats a record': (records, where) =>
    records.flatMap((record, i) => (i === where % records.length ? [record, record] : [record])),
  'swaps two records': (records, where) => {
    const at = where % (records.length - 1);
    const [one, other] = [records[at], records[at + 1]];
    if (one && other) records.splice(at, 2, other, one);
    return records;
  },
  'puts an unencrypted record in': (records, where, what) => {
    const plain = [
      Buffer.from('15030300020100', 'hex'),
      Buffer.from('140303000101', 'hex'),
      Buffer.from('16030300050400000100', 'hex'),
    ];
    records.splice(where % (records.length + 1), 0, plain[what % 3] ?? Buffer.alloc(0));
    return records;
  },
  'puts a record of its own in': (records, where, what) => {
    const forged = new Direction(aes128, new Uint8Array(32).fill(100 + (what % 100))).seal(
      type.data,
      Buffer.alloc(what % 100, 6),
    );
    records.splice(where % (records.length + 1), 0, forged);
    return records;
  },
  'sends garbage': (records, where, what) => {
    records.splice(where % (records.length + 1), 0, Buffer.alloc(1 + (what % 50), what));
    return records;
  },
};

describe('somebody on the way', () => {
  test.each(Object.keys(attacks))('%s', async (name) => {
    const content = fc.uint8Array({ minLength: 1, maxLength: 100 });
    const some = fc.array(
      fc.oneof(
        { weight: 5, arbitrary: content.map((content): Sent => ({ what: 'data', content, padding: 1 })) },
        { weight: 1, arbitrary: fc.constant<Sent>({ what: 'update' }) },
      ),
      { minLength: 2, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(some, fc.nat(), fc.nat(), fc.array(fc.nat(), { maxLength: 5 }), async (all, where, what, cuts) => {
        const { tested, client, server } = await both();
        const { records, data } = sealed(server, all);
        const changed = Buffer.concat(attacks[name]?.([...records], where, what) ?? []);
        const goodbye = server.seal(type.alert, Buffer.from([1, 0]));
        receive(tested, Buffer.concat([changed, goodbye]), cuts);
        tested.layer.end();
        await tested.ending;
        const received = collected(tested.received);
        expect(Buffer.compare(received, data.subarray(0, received.length))).toBe(0);
        expect(tested.end).not.toBe('goodbye');
        if (tested.end === 'cut') return; // a length that was made larger: it waits for more than there is
        await tested.finish();
        const told = client.open(collected(tested.sent));
        expect([told.contentType, told.content[0]]).toEqual([type.alert, 2]);
        expect(told.rest.length).toBe(0); // no goodbye after it
      }),
      { numRuns: 60 },
    );
  });
});

describe('what a server may not send', () => {
  const alertOf = async (send: (server: Direction) => Buffer[]): Promise<[string | undefined, number | undefined]> => {
    const { tested, client, server } = await both();
    tested.layer.receive(Buffer.concat(send(server)));
    await tested.ending;
    await tested.finish();
    const { content } = client.open(collected(tested.sent));
    return [tested.end, content[1]];
  };

  test.each<[string, (server: Direction) => Buffer[], RegExp, number]>([
    ['a record of nothing but zeroes', (server) => [server.seal(0, new Uint8Array(), 10)], /type nothing/, 10],
    ['more than fits into a record', (server) => [server.seal(type.data, new Uint8Array(2 ** 14 + 1))], /too long/, 22],
    ['a length beyond all records', () => [Buffer.from('1703034101', 'hex')], /16641 bytes/, 22],
    ['a record shorter than its tag', () => [Buffer.from('1703030010', 'hex'), Buffer.alloc(16)], /too short/, 50],
    ['an encrypted change of ciphers', (server) => [server.seal(20, Buffer.from([1]))], /type 20/, 10],
    ['an empty message', (server) => [server.seal(type.handshake, new Uint8Array())], /type 22/, 10],
    [
      'a question for a certificate',
      (server) => [server.seal(type.handshake, Buffer.from([13, 0, 0, 0]))],
      /message of the type 13/,
      10,
    ],
    ['a message without end', (server) => [server.seal(type.handshake, Buffer.from([4, 255, 0, 0]))], /message of/, 10],
    [
      'a change of the key with more behind it',
      (server) => [server.seal(type.handshake, Buffer.concat([keyUpdate(false), ticket(3)]))],
      /across/,
      10,
    ],
    [
      'a change of the key that is none',
      (server) => [server.seal(type.handshake, Buffer.from([24, 0, 0, 1, 2]))],
      /wrong change/,
      50,
    ],
    [
      'data in the middle of a message',
      (server) => [server.seal(type.handshake, ticket(20).subarray(0, 9)), server.seal(type.data, Buffer.from([1]))],
      /middle of a message/,
      10,
    ],
    ['half an alert', (server) => [server.seal(type.alert, Buffer.from([2]))], /alert/, 50],
    [
      'empty records for ever',
      (server) => Array.from({ length: 100 }, () => server.seal(type.data, new Uint8Array())),
      /without data/,
      10,
    ],
    [
      'tickets for ever',
      (server) => Array.from({ length: 100 }, () => server.seal(type.handshake, ticket(9))),
      /without data/,
      10,
    ],
  ])('%s', async (_name, send, why, alert) => {
    const [end, told] = await alertOf(send);
    expect(end).toMatch(why);
    expect(told).toBe(alert);
  });

  test('an alert of the server’s ends it, and is not answered', async () => {
    const { tested, server } = await both();
    tested.layer.receive(server.seal(type.alert, Buffer.from([2, 20])));
    await tested.ending;
    expect(tested.end).toBe('alert bad record mac');
  });

  test('what was noticed outside of the records ends it too, and the server is told', async () => {
    const { tested, client } = await both();
    tested.layer.refuse(new Violation(10, 'a rest'));
    await tested.finish();
    const told = client.open(collected(tested.sent));
    expect([tested.end, told.content[1], told.rest.length]).toEqual(['a rest', 10, 0]);
  });

  test('data after its goodbye is nobody’s', async () => {
    const { tested, server } = await both();
    tested.layer.receive(
      Buffer.concat([server.seal(type.alert, Buffer.from([1, 0])), server.seal(type.data, Buffer.from('late'))]),
    );
    await tested.ending;
    expect([tested.end, tested.received]).toEqual(['goodbye', []]);
  });
});

describe('a change of the key', () => {
  test('that the server wants is made before anything else is sent', async () => {
    const { tested, client, server } = await both();
    await tested.write([Buffer.from('one')]);
    tested.layer.receive(server.seal(type.handshake, keyUpdate(true)));
    server.update();
    tested.layer.receive(server.seal(type.data, Buffer.from('new')));
    while (tested.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await tested.write([Buffer.from('two')]);
    const one = client.open(collected(tested.sent));
    const update = client.open(one.rest);
    expect([update.contentType, update.content]).toEqual([type.handshake, keyUpdate(false)]);
    client.update();
    const two = client.open(update.rest);
    expect([String(one.content), String(two.content), String(collected(tested.received))]).toEqual(['one', 'two', 'new']);
  });

  test('comes by itself when a key has been used for long, in either direction', async () => {
    const [, suite] = suites['AES-128-GCM'] ?? [];
    const { TrafficKey } = await import('../../dist/tls/traffic_key.js');
    if (suite === undefined) return;
    const made: Promise<TrafficKey>[] = []; // the next keys, beforehand
    const worn = (key: TrafficKey) => {
      const next = () => {
        const promise = key.next();
        made.push(promise);
        return promise;
      };
      return { count: 2 ** 23, next, seal: key.seal.bind(key), open: key.open.bind(key) } as unknown as TrafficKey;
    };
    const [sent, received] = [await TrafficKey.from(clientSecret(32), suite), await TrafficKey.from(serverSecret(32), suite)];
    const tested = new TestedLayer(worn(sent), worn(received));
    const [client, server] = [new Direction(aes128, clientSecret(32)), new Direction(aes128, serverSecret(32))];
    await Promise.all(made);
    await tested.write([Buffer.from('data')]);
    const update = client.open(collected(tested.sent));
    expect(update.content).toEqual(keyUpdate(false));
    client.update();
    const data = client.open(update.rest);
    expect(String(data.content)).toBe('data');
    const sentBefore = tested.sent.length;
    tested.layer.receive(server.seal(type.data, Buffer.from('more')));
    while (tested.sent.length === sentBefore) await new Promise((resolve) => setTimeout(resolve, 1));
    const wanted = client.open(collected(tested.sent.slice(sentBefore)));
    expect(wanted.content).toEqual(keyUpdate(true));
  });
});

test('many whole records, in pieces that end anywhere, with the key changed now and then', async () => {
  const { tested, server } = await both();
  const all = Array.from(
    { length: 400 },
    (_, i): Sent =>
      i % 60 === 50 ? { what: 'update' } : { what: 'data', content: new Uint8Array(2 ** 14 - (i % 3)).fill(i), padding: 0 },
  );
  const { records, data } = sealed(server, all);
  const bytes = Buffer.concat([...records, server.seal(type.alert, Buffer.from([1, 0]))]);
  for (let at = 0; at < bytes.length; at += 2 ** 18) {
    receive(tested, bytes.subarray(at, at + 2 ** 18), [at % 9001]);
    if (at % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await tested.ending;
  expect(tested.end).toBe('goodbye');
  expect(Buffer.compare(collected(tested.received), data)).toBe(0);
});

test('while nobody reads, the source is stopped, and nothing is lost', async () => {
  const { tested, server } = await both();
  tested.layer.pause();
  const records = Array.from({ length: 100 }, (_, i) => server.seal(type.data, Buffer.alloc(10_000, i)));
  for (const record of records.slice(0, 90)) tested.layer.receive(record);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([tested.received.length, tested.paused, tested.resumed]).toEqual([0, 1, 0]);
  tested.layer.resume();
  for (const record of records.slice(90)) tested.layer.receive(record);
  tested.layer.receive(server.seal(type.alert, Buffer.from([1, 0])));
  await tested.ending;
  expect(tested.received.map((content) => content[0])).toEqual(records.map((_, i) => i));
  expect(tested.resumed).toBe(tested.paused);
});

describe('records that cannot be sealed', () => {
  const writing = async () => {
    const { RecordWriter } = await import('../../dist/tls/record_writer.js');
    const { TrafficKey } = await import('../../dist/tls/traffic_key.js');
    const key = await TrafficKey.from(clientSecret(32), { hash: 'SHA-256', keyLength: 16 });
    const sent: Uint8Array[] = [];
    const failures: unknown[] = [];
    const send = (chunks: Uint8Array[], written: () => void) => {
      sent.push(...chunks);
      written();
    };
    const writer = new RecordWriter(key, send, (error) => failures.push(error));
    return { writer, sent, failures };
  };

  test.each([0, 1, 16, 40])('record %i: nothing goes out behind it, and that is told once', async (bad) => {
    const { writer, sent, failures } = await writing();
    const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
    let n = 0;
    const spy = vi
      .spyOn(crypto.subtle, 'encrypt')
      .mockImplementation((...call) => (n++ === bad ? Promise.reject(new Error('broken')) : encrypt(...call)));
    for (let i = 0; i < 4; i++) writer.write([new Uint8Array(2 ** 14 * 20)], () => {}); // two groups each
    await new Promise<void>((resolve) => writer.whenSent(resolve));
    spy.mockRestore();
    expect(failures.map(String)).toEqual(['Error: broken']);
    const client = new Direction(aes128, clientSecret(32));
    let rest = collected(sent);
    for (let count = 0; rest.length > 0; count++) {
      expect(count).toBeLessThan(bad);
      rest = client.open(rest).rest; // throws where one is missing
    }
  });

  test('changes of the key that overlap each take a key of their own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('update', 'write', 'wait'), { maxLength: 12 }), async (steps) => {
        const { writer, sent } = await writing();
        const updates: Promise<void>[] = [];
        for (const step of steps) {
          if (step === 'update') updates.push(writer.update(false));
          else if (step === 'write') writer.write([Buffer.from('data')], () => {});
          else await new Promise((resolve) => setTimeout(resolve, 0));
        }
        await Promise.all(updates);
        writer.closeNotify();
        await new Promise<void>((resolve) => writer.whenSent(resolve));
        const client = new Direction(aes128, clientSecret(32));
        const seen: number[] = [];
        for (let rest = collected(sent); rest.length > 0; ) {
          const record = client.open(rest);
          rest = record.rest;
          seen.push(record.contentType);
          if (record.contentType === type.handshake) client.update();
        }
        const count = (kind: number) => seen.filter((one) => one === kind).length;
        expect([count(type.handshake), count(type.data)]).toEqual([
          updates.length,
          steps.filter((step) => step === 'write').length,
        ]);
      }),
      { numRuns: 30 },
    );
  });
});

test('more short records than may wait are refused', async () => {
  const { tested, server } = await both();
  const records = Array.from({ length: 2 ** 14 + 100 }, () => server.seal(type.data, Buffer.from([7])));
  tested.layer.receive(Buffer.concat(records));
  await tested.ending;
  expect(tested.end).toMatch(/more than can be decrypted/);
  expect(collected(tested.received).length).toBeLessThan(records.length);
});
