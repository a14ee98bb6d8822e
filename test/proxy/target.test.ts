// A target's URI leads where libnbd's own parser says that it does. libnbd is the judge: it connects, and what it asks for
// is noted.
import fc from 'fast-check';
import { type ConnectTarget, type Library, load, TLS_REQUIRE } from 'libnbd-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseTarget } from '../../src/proxy/target.js';

let lib: Library;
let asked: ConnectTarget | undefined;
beforeAll(async () => {
  const connect = (target: ConnectTarget): never => {
    asked = target;
    throw new Error('nobody is to be reached');
  };
  lib = await load({ connect });
});

/** Where a URI leads, and how TLS is done there, as text. */
type Place = string | undefined;
const place = (address: ReturnType<typeof parseTarget>['address'] | ConnectTarget, exportName: string, tls: Tls) =>
  JSON.stringify({ address, exportName, ...tls });
interface Tls {
  isTls: boolean;
  username: string | undefined;
  verifyPeer: boolean;
}

function libnbdsPlace(uri: string): Place {
  asked = undefined;
  using nbd = lib.create();
  nbd.setUriAllowLocalFile(true);
  nbd.setTlsUsername('nobody');
  try {
    nbd.aioConnectUri(uri);
  } catch {} // it is never connected
  if (asked === undefined) return undefined;
  const isTls = nbd.getTls() === TLS_REQUIRE;
  // Of an empty name before the @, libxml2 makes one of all that follows.
  const hasName = isTls && nbd.getTlsUsername() !== 'nobody' && !/^[^/]*\/\/@/.test(uri);
  const username = hasName ? nbd.getTlsUsername() : undefined;
  return place(asked, nbd.getExportName(), { isTls, username, verifyPeer: nbd.getTlsVerifyPeer() });
}

function proxysPlace(uri: string): Place {
  try {
    const { address, exportName = '', tls } = parseTarget(uri);
    const { username, verifyPeer = true } = tls ?? {};
    return place(address, exportName, { isTls: tls !== undefined, username, verifyPeer });
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return undefined;
  }
}

const sameForBoth = [
  'nbd://localhost',
  'nbd://localhost/',
  'NBD://LocalHost:10810/Disk',
  'nbd://localhost:0/x',
  'nbd://localhost:00080',
  'nbd://localhost:65535',
  'nbd://127.0.0.1/vm1',
  'nbd://1.2.3.400',
  'nbd://[::1]',
  'nbd://[::1]:10809/vm1',
  'nbd://[0:0:0::1]/a',
  'nbd://[fe80::1%25eth0]',
  'nbd://user@localhost/a',
  'nbd://user:secret@localhost:1/a',
  'nbd://%6cocalhost',
  'nbd://under_score.example~',
  'nbd://localhost//leading',
  'nbd://localhost/a/b//c/',
  'nbd://localhost/a%2Fb',
  'nbd://localhost/a+b%2Bc',
  'nbd://localhost/a%20b%C3%BC%F0%9F%92%BE',
  'nbd://localhost/a:b@c;d=e',
  'nbd://localhost/../up',
  'nbd://localhost/a?unknown=1#fragment',
  'nbd://localhost?x',
  'nbd://localhost#[fragment]',
  'nbd+unix:///?socket=/run/nbd.sock',
  'nbd+unix://?socket=/run/nbd.sock',
  'nbd+unix://host:1/vm1?socket=/run/nbd.sock',
  'nbd+unix:///vm1?socket=/tmp/a+b.sock',
  'nbd+unix:///vm1?socket=/tmp/a%2Bb%20c.sock',
  'nbd+unix:///?socket=relative/./path',
  'nbd+unix:///?socket=/a?b/c',
  'nbd+unix:///?Socket=/case',
  'nbd+unix:///?soc%6bet=/escaped',
  'nbd+unix:///?socket=/first&socket=/second',
  'nbd+unix:///?a=b&socket=/x;y&c=d',
  'nbd+unix:///?a=b;socket=/x;c',
  'nbd+unix:///?a;b=c&d;socket=/x',
  'nbd+unix:///?&&=x&socket=/x',
  'nbd+unix:///?socket=/a=b',
  `nbd+unix:///?socket=/${'x'.repeat(106)}`,
  'nbds://localhost',
  'NBDS://alice@localhost:1/disk',
  'nbds://al%69ce:secret@localhost/',
  'nbds://@localhost/',
  'nbds://localhost?tls-verify-peer=0&tls-hostname=other',
  'nbds://localhost?tls-verify-peer=no&TLS-Verify-Peer=On',
  'nbds+unix:///vm1?socket=/x&tls-psk-file=/keys&tls-verify-peer=F',
  'nbds+unix://bob@/?tls-certificates=/pki&socket=/x',
];

test.for(sameForBoth)('%s leads both to the same place', (uri) => {
  const judged = libnbdsPlace(uri);
  expect(judged).toBeDefined();
  expect(proxysPlace(uri)).toBe(judged);
});

const refusedByBoth = [
  '',
  'localhost',
  'localhost:10809',
  '/run/nbd.sock',
  'http://localhost',
  'nbd:localhost',
  'nbd:/localhost',
  ' nbd://localhost',
  'nbd://localhost ',
  'nbd://localhost\n',
  'nbd://local host',
  'nbd://localhost/a b',
  'nbd://localhost/ü',
  'nbd://localhost/%',
  'nbd://localhost/%2',
  'nbd://localhost/%zz',
  'nbd://localhost/a"b',
  'nbd://localhost/[a]',
  'nbd://localhost/?a=[b]',
  'nbd://localhost:',
  'nbd://localhost:/x',
  'nbd://localhost:port',
  'nbd://localhost:-1',
  'nbd://localhost:65536',
  'nbd://localhost:99999999999',
  'nbd://[::1',
  'nbd://::1',
  'nbd://a@b@c',
  'nbd://localhost?socket=/x',
  'nbd://localhost?socket=',
  'nbd+unix:///',
  'nbd+unix:///?sock=/x',
  'nbd+unix:/?socket=/x',
  'nbd+tcp://localhost',
  `nbd+unix:///?socket=/${'x'.repeat(108)}`,
  `nbd://localhost/${'x'.repeat(4097)}`,
  'nbds',
  'nbds:localhost',
  'nbds://localhost?tls-verify-peer',
  'nbds://localhost?tls-verify-peer=maybe',
  'nbds://localhost?socket=/x',
  'nbdss://localhost',
  'nbds+tcp://localhost',
  'nbds+unix:///',
];

test.for(refusedByBoth)('%j is refused by both', (uri) => {
  expect(libnbdsPlace(uri)).toBeUndefined();
  expect(proxysPlace(uri)).toBeUndefined();
});

describe('what libnbd takes and the proxy does not', () => {
  const refused: [string, string, RegExp][] = [
    ['settings of TLS for a server without', 'nbd://localhost?tls-hostname=x', /settings of TLS are for nbds:/],
    ['no host, which libnbd takes for localhost', 'nbd:///vm1', /is not a URI such as/],
    ['a name that libnbd cuts at a null character', 'nbd://localhost/vm1%00x', /is not the text of anything/],
    ['a name that is not UTF-8', 'nbd://localhost/%ff', /is not the text of anything/],
    ['an empty path, which leads nowhere', 'nbd+unix:///?socket=', /is not a URI such as/],
  ];
  test.for(refused)('%s', ([, uri, message]) => {
    expect(() => parseTarget(uri)).toThrow(message);
  });
});

describe('the name that the certificate must have', () => {
  const names: [string, string | undefined][] = [
    ['nbds://Disks.example/vm1', 'Disks.example'],
    ['nbds://[::1]:10809', '::1'],
    ['nbds://localhost?tls-hostname=disks.example', 'disks.example'],
    ['nbds+unix:///?socket=/x', undefined],
    ['nbds+unix:///?socket=/x&tls-hostname=disks.example', 'disks.example'],
  ];
  test.for(names)('%s', ([uri, name]) => {
    expect(parseTarget(uri).tls?.verifyName).toBe(name);
  });
});

test('any URI that the proxy takes leads libnbd to the same place, and it takes what libnbd does', () => {
  const letters = [...'aZ09-._~!$&\'()*+,;=:@/?#[]% "<\\^`{|}ü'];
  const escapes = ['%20', '%2B', '%2f', '%3A', '%3f', '%26', '%3D', '%C3%BC', '%5B', '%25'];
  const text = fc
    .array(fc.constantFrom(...letters, ...escapes, 'socket=', 'nbd'), { maxLength: 6 })
    .map((parts) => parts.join(''));
  const plain = fc.array(fc.constantFrom(...letters.slice(0, 17), ...escapes), { maxLength: 6 }).map((parts) => parts.join(''));
  const scheme = fc.constantFrom('nbd://', 'nbds://', 'nbd+unix://', 'NBDs+Unix://', 'nbd:/', 'nbd:');
  const host = fc.oneof(plain, text, fc.constantFrom('', '[::1]', 'host', 'u@h', 'h:1', 'h:', 'h:0', 'h:65536', '[a', '[]'));
  const path = fc.oneof(
    plain.map((name) => `/${name}`),
    text,
    fc.constant(''),
  );
  const query = fc.oneof(
    plain.map((socket) => `?socket=${socket}`),
    text.map((rest) => `?${rest}`),
    fc.constant(''),
  );
  // What the proxy alone may refuse: no host, an empty path, what is not UTF-8 or has null characters, and a
  // stray percent sign, which libxml2 lets pass in brackets.
  const leadsNowhere = (place: string) => /"(host|path)":"(\\u0000|localhost)?"/.test(place);
  const isText = (uri: string) => !/%(00|[89a-f][0-9a-f]|(?![0-9a-f]{2}))/i.test(uri.replaceAll('%C3%BC', ''));
  let taken = 0;
  const property = fc.property(fc.tuple(scheme, host, path, query), (parts) => {
    const uri = parts.join('');
    const [judged, ours] = [libnbdsPlace(uri), proxysPlace(uri)];
    if (ours !== undefined) taken++;
    const mayRefuse = judged !== undefined && (!isText(uri) || leadsNowhere(judged));
    if (ours !== undefined || !mayRefuse) expect(ours, uri).toBe(judged);
  });
  fc.assert(property, { numRuns: 20_000 });
  expect(taken).toBeGreaterThan(1000);
});

test('the URL of another proxy is a target as it is', () => {
  for (const url of ['ws://localhost:10810/nbd/disk?token=secret', 'WSS://proxy.example/nbd/a%20b']) {
    expect(parseTarget(url)).toEqual({ address: { url }, exportName: undefined, tls: undefined });
  }
  for (const url of ['ws://', 'ws://local host/nbd/disk?token=secret', 'ws://localhost/nbd/disk?token=secret#there']) {
    expect(() => parseTarget(url)).toThrow(/^(?!.*secret).*is not the URL of a WebSocket, such as ws:/);
  }
});
