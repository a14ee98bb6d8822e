// Options of a proxy that make no sense are refused when it is made.
import { createProxy, type ProxyOptions } from 'libnbd-wasm/proxy';
import { expect, test } from 'vitest';

const targets = { disk: 'nbd://localhost' };
const mistakes: [string, ProxyOptions, RegExp][] = [
  ['no target', { targets: {} }, /at least one target/],
  ['a target without a name', { targets: { '': 'nbd://localhost' } }, /needs a name/],
  ['no URI', { targets: { disk: 'localhost:10809' } }, /localhost:10809 is not a URI such as nbd:/],
  ['another URI', { targets: { disk: 'http://localhost' } }, /http:\/\/localhost is not a URI/],
  ['a URI without a host', { targets: { disk: 'nbd:///x' } }, /is not a URI/],
  ['a URI without a socket', { targets: { disk: 'nbd+unix:///' } }, /is not a URI/],
  ['settings of TLS for a server without', { targets: { disk: 'nbd://localhost?tls-verify-peer=0' } }, /TLS are for nbds:/],
  ['credentials that nobody wants', { targets, tls: { ca: '' } }, /no target of nbds: or nbds\+unix:/],
  ['credentials that are none', { targets: { disk: 'nbds://localhost' }, tls: { cert: 'x', key: 'y' } }, /TLS with disk cannot/],
  [
    'a key that is no number',
    { targets: { disk: 'nbds://localhost' }, tls: { psk: { identity: 'alice', key: 'xy' } } },
    /the key of alice is not hexadecimal/,
  ],
  [
    'a folder that is not there',
    { targets: { disk: 'nbds://localhost?tls-psk-file=/nowhere/keys.psk' } },
    /the credentials for TLS with disk cannot be used: ENOENT.*nowhere/,
  ],
  ['a path without slashes', { targets, path: 'nbd' }, /begin and end with a slash/],
  ['an empty token', { targets, token: '' }, /empty token/],
  ['an origin with a path', { targets, allowOrigins: ['https://example.com/a'] }, /is not an origin/],
  ['an origin that is a name', { targets, allowOrigins: ['example.com'] }, /is not an origin/],
  ['any origin', { targets, allowOrigins: ['*'] }, /\* is not an origin/],
  ['a host that is a URL', { targets, allowHosts: ['https://example.com'] }, /is not a host/],
  ['no connections', { targets, maxConnections: 0 }, /maxConnections must be an integer from 1/],
  ['half a byte', { targets, maxBuffered: 0.5 }, /maxBuffered/],
  ['a time that is none', { targets, idleTimeout: Number.NaN }, /idleTimeout/],
  ['a time that no timer can wait', { targets, handshakeTimeout: 2 ** 31 }, /handshakeTimeout/],
];

test.for(mistakes)('%s', ([, options, message]) => {
  expect(() => createProxy(options)).toThrow(message);
});
