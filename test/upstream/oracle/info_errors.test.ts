// What nbdinfo says when it cannot do what it was asked: the same texts on standard error, nothing on standard output, the same exit code.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { peer } from '../../support/peer.js';
import { pki } from '../../support/pki.js';
import { temporaryFolder } from '../../support/processes.js';
import { listen, nbdkit, nbdkitOnTcp, nbdServer } from '../../support/servers.js';
import { expectOwnText, expectRefusedCall, expectSame, expectSameBut, noWords, type Outcome, oracle, words } from './compare.js';
import { nbdServerAsked } from './info_differences.js';

const compare = oracle();
const keys = pki();

/** What is asked makes a difference: some questions are asked before, others after the export is opened. */
const asked = [noWords, '--list', '--size', '--map', '--can write'];

/** A port that nobody listens on, any more. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await listen(server, { host: '127.0.0.1', port: 0 });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on no port');
  await new Promise((closed) => server.close(closed));
  return address.port;
}

const unreachable: Record<string, () => Promise<string>> = {
  'a closed port': async () => `nbd://127.0.0.1:${await closedPort()}`,
  'a closed port, with TLS': async () => `nbds://127.0.0.1:${await closedPort()}`,
  'a closed port of IPv6': async () => `nbd://[::1]:${await closedPort()}`,
  'a missing socket': async () => `nbd+unix:///?socket=${join(await temporaryFolder(), 'socket')}`,
  'a missing export': async () => (await strict()).uri.replace(':///', ':///nosuch'),
  'a missing export over TCP': async () =>
    `${(await nbdkitOnTcp('--filter=exportname', 'memory', '1M', 'exportname-strict=true')).uri}/nosuch`,
  'no default export': async () => (await strict()).uri,
  'a missing export of nbd-server': async () => (await nbdServer(new Uint8Array(512))).uri.replace(':///', ':///nosuch'),
  'no default export of nbd-server': async () => (await nbdServer(new Uint8Array(512))).uri,
  'a server that wants TLS': async () => (await nbdkit('--tls=require', `--tls-certificates=${keys.server}`, 'memory', '1M')).uri,
  'a server without TLS': async () => (await nbdkit('memory', '1M')).uri.replace('nbd+unix:', 'nbds+unix:'),
  'a server that says nothing and goes': async () => (await peer([{ close: 'end' }])).uri,
  'a server that does not speak NBD': async () =>
    (await peer([{ send: Buffer.from('220 mail.example ESMTP ready for you\r\n') }, { close: 'end' }])).uri,
  'a server that goes in the handshake': async () =>
    (await peer([{ send: Buffer.from('NBDMAGICIHAVEOPT\0\x03') }, { close: 'end' }])).uri,
};

const strict = () => {
  const settings = ['exportname-strict=true', 'exportname-list=explicit', 'exportname=one', 'exportname=two'];
  return nbdkit('--filter=exportname', 'memory', '1M', ...settings);
};

describe.for(Object.entries(unreachable))('%s', ([, make]) => {
  test.for(asked)('%s', async (title) =>
    expectSameBut(nbdServerAsked, await compare('nbdinfo', [...words(title), await make()])),
  );
});

test.for([
  '',
  'disk',
  '/tmp/disk.img',
  'localhost:10809',
  'http://localhost/',
  'nbdx://localhost',
  'nbd:localhost',
  'nbd://local host/',
  'nbd://localhost:port/',
  'nbd://[::1/',
  'nbd://localhost/%zz',
  'nbd+unix:///disk',
  'nbds+unix://',
  'nbd://localhost/?socket=/tmp/socket',
  'nbds://localhost/?tls-certificates=/nonexistent',
  'nbds://localhost/?tls-psk-file=/nonexistent',
  '-',
  'null:',
])('the URI "%s"', async (uri) => {
  for (const option of [[], ['--list'], ['--size']]) {
    expectSame(await compare('nbdinfo', [...option, uri]));
  }
});

describe('a command in square brackets', () => {
  // Upstream tells the end of the connection, and that depends on when the command ended.
  const commands: [string, string[], RegExp][] = [
    ['that there is not', ['libnbd-wasm-no-such-command'], /libnbd-wasm-no-such-command/],
    ['that there is not, by its path', ['/nonexistent/command'], /\/nonexistent\/command/],
    ['that may not be run', ['/etc/passwd'], /\/etc\/passwd/],
    ['that ends', ['true'], /^nbdinfo: /],
    ['that fails', ['false'], /^nbdinfo: /],
    ['that fails and says why', ['sh', '-c', 'echo it cannot be >&2; exit 3'], /it cannot be\n/],
    ['that is killed', ['sh', '-c', 'kill -9 $$'], /^nbdinfo: /],
  ];
  test.for(commands)('%s', async ([, command, text]) => {
    for (const option of [[], ['--list'], ['--size']]) {
      expectOwnText(await compare('nbdinfo', [...option, '--', '[', ...command, ']']), text);
    }
  });
});

test('a command that does not serve what is asked', async () => {
  const command = ['[', 'nbdkit', '--filter=exportname', 'memory', '1M', 'exportname-strict=true', 'exportname=one', ']'];
  // How often the server says it depends on how often it is asked.
  const withoutServer = (outcome: Outcome) => ({ ...outcome, stderr: outcome.stderr.replace(/^nbdkit: .*\n/gm, '') });
  expectSameBut(withoutServer, await compare('nbdinfo', ['--', ...command]));
});

test('a server that resets the connection', async () => {
  const { uri } = await peer([{ close: 'reset' }]);
  for (const option of [[], ['--list'], ['--size']]) {
    expectOwnText(await compare('nbdinfo', [...option, uri]), /^nbdinfo: nbd_connect_uri: .*Connection reset by peer/);
  }
});

describe('options that go not together, or have a value that there is not', () => {
  test.for([
    '--list --map',
    '--size --uri',
    '--can write --size',
    '--list --can write',
    '--map --uri',
    '--content --no-content',
    '--totals',
    '--total --json',
    '--totals --list',
    '--can nosuch',
    '--is nosuch',
    '--isnt nosuch',
    '--has nosuch',
    '--map=nosuch',
    '--map=',
    '--map=base:nosuch',
    '--map=base:',
    '--map=qemu:',
  ])('%s', async (title) => {
    const { uri } = await nbdkit('memory', '1M');
    expectSame(await compare('nbdinfo', [...words(title), uri]));
  });
});

describe('a question that an oldstyle server has no answer to', () => {
  test.for(['--list', '--list --json', '--uri', '--can tls', '--can eh', '--map=x:y'])('%s', async (title) => {
    const { uri } = await nbdkit('-o', 'memory', '1M');
    expectSame(await compare('nbdinfo', [...words(title), uri]));
  });
});

describe('where the options stand and how they are written', () => {
  const ways: Record<string, (uri: string) => string[]> = {
    'after the URI': (uri) => [uri, '--size'],
    'on both sides': (uri) => ['--json', uri, '--list'],
    'after --, which makes them words': (uri) => ['--size', '--', uri],
    shortened: (uri) => ['--siz', uri],
    'shortened, with a value': (uri) => ['--map=base:allocation', '--tot', uri],
    'with a value after =': (uri) => ['--can=write', uri],
    'with a value as the next word': (uri) => ['--can', 'write', uri],
    together: (uri) => ['-L', '--json', uri],
    twice: (uri) => ['--size', '--size', uri],
    'twice, with two values': (uri) => ['--can', 'write', '--can', 'trim', uri],
  };
  test.for(Object.entries(ways))('%s', async ([, make]) => {
    const { uri } = await nbdkit('memory', '1M');
    expectSame(await compare('nbdinfo', make(uri)));
  });

  test.for(['--version', '-V', '--version --json', '-V nbd://localhost', '--list -V'])('%s', async (title) =>
    expectSame(await compare('nbdinfo', words(title))),
  );
});

describe('a wrong call', () => {
  test.for([
    noWords,
    '--json',
    '--nosuch',
    '-x',
    '--nosuch nbd://localhost',
    'nbd://localhost nbd://localhost',
    '--size=3 nbd://localhost',
    '--can',
    '--map base:allocation nbd://localhost',
    '--co nbd://localhost',
    '[ ]',
    '[ nbdkit null',
    '-- --size nbd://localhost',
  ])('%s', async (title) => expectRefusedCall(await compare('nbdinfo', words(title))));
});
