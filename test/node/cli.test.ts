// The command line, beside the tools that it follows.
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { NBD } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { peer } from '../support/peer.js';
import { temporaryFolder } from '../support/processes.js';
import { handshake } from '../support/protocol.js';
import { listen, nbdkit, nbdkitOnTcp, nbdServer, qemuNbd, Server } from '../support/servers.js';
import { failure, main, ours, run, theirs } from './cli.js';

// Debian's nbdinfo may be older than the libnbd that we compile: what it does not print yet is left out of the comparison.
const newer = /^\s*can_block_status_payload:.*\n|(?<=block_size_\w+: \d+) \(\w+\)/gm;
// It does not ask nbd-server for the size again, which tells it late, and so takes the disk for an empty one.
const late = /^\s*(content|export-size): .*\n/gm;

const servers: [name: string, start: () => Promise<Server>, path?: string][] = [
  ['nbdkit', () => nbdkit('memory', '1G')],
  ['nbdkit over TCP', () => nbdkitOnTcp('data', '0x55 0xaa @0x1000 "hello"')],
  [
    'a read-only nbdkit with a description and block sizes',
    () =>
      nbdkit(
        '-r',
        '--filter=exportname',
        '--filter=blocksize-policy',
        'pattern',
        '3000',
        'exportname=one',
        'default-export=one',
        'exportdesc=fixed:a "quoted" description',
        'blocksize-minimum=4',
        'blocksize-preferred=4096',
      ),
  ],
  ['an oldstyle nbdkit', () => nbdkit('-o', 'memory', '64K')],
  ['a disk of 2^63-1 bytes', () => nbdkit('memory', `${2n ** 63n - 1n}`)],
  [
    'qemu-nbd',
    () => qemuNbd({ format: 'qcow2', size: 1 << 20, content: new Uint8Array(512).fill(7), options: ['-D', 'a disk'] }),
  ],
  ['a disk that cannot be read', () => nbdkit('--filter=error', 'memory', '1M', 'error-pread=EIO', 'error-pread-rate=100%')],
  ['a disk that may not be read', () => nbdkit('--filter=error', 'memory', '1M', 'error-pread=EPERM', 'error-pread-rate=100%')],
  ['a disk of blocks of 64 KiB', () => inBlocks('1M', '64K')],
  ['a disk whose size is no multiple of its blocks', () => inBlocks('1000', '512')],
  ['nbd-server', () => nbdServer(new Uint8Array(8192).fill(1)), 'disk'],
];

/** An nbdkit that refuses whatever is not in whole blocks. */
const inBlocks = (size: string, block: string) => {
  const options = [`blocksize-minimum=${block}`, `blocksize-preferred=${block}`, 'blocksize-error-policy=error'];
  return nbdkit('--filter=blocksize-policy', 'memory', size, ...options);
};

const exactSize = (json: string) => /"export-size": (\d+)/.exec(json)?.[1];

function exportUri(server: Server, path = ''): string {
  const url = new URL(server.uri);
  return url.protocol === 'nbd:'
    ? `${url.origin === 'null' ? `nbd://${url.host}` : url.origin}/${path}`
    : server.uri.replace(':///', `:///${path}`);
}

describe.for(servers)('info of %s', ([, start, path]) => {
  test('text is what nbdinfo prints', async () => {
    const uri = exportUri(await start(), path);
    let actual = (await ours('info', uri)).replace(newer, '');
    let expected = (await theirs('nbdinfo', uri)).replace(newer, '');
    if (expected.includes('export-size: 0\n'))
      [actual, expected] = [actual, expected].map((text) => text.replace(late, '')) as [string, string];
    expect(actual).toBe(expected);
  });

  test('--json has nbdinfo’s keys and values', async () => {
    const uri = exportUri(await start(), path);
    const expectedText = await theirs('nbdinfo', '--json', uri);
    const expected = JSON.parse(expectedText);
    const text = await ours('info', '--json', uri);
    const actual = JSON.parse(text);
    const isLate = expected.exports[0]['export-size'] === 0; // as above
    if (isLate)
      for (const key of ['content', 'export-size', 'export-size-str']) expected.exports[0][key] = actual.exports[0][key];
    expect(actual).toMatchObject(expected);
    const {
      exports: [entry],
      ...connection
    } = actual;
    const {
      exports: [expectedEntry],
      ...expectedConnection
    } = expected;
    expect(Object.keys(connection).filter((key) => !(key in expectedConnection))).toEqual(
      expectedConnection.extended === undefined ? ['extended'] : [],
    );
    expect(Object.keys(entry).filter((key) => !(key in expectedEntry))).toEqual(
      'can_block_status_payload' in expectedEntry || !('can_block_status_payload' in entry) ? [] : ['can_block_status_payload'],
    );
    if (!isLate) expect(exactSize(text)).toBe(exactSize(expectedText)); // exact, beyond 2^53 too
  });

  test('--size is nbdinfo’s', async () => {
    const uri = exportUri(await start(), path);
    expect(await ours('info', '--size', uri)).toBe(await theirs('nbdinfo', '--size', uri));
  });
});

test('a server that does not go after the goodbye', async () => {
  const { uri } = await peer(handshake('simple', 12345n)); // it is silent from then on, and closes nothing
  expect(await ours('dump', '--length', '0', uri)).toBe('');
});

test('info of a command in square brackets', async () => {
  expect(await ours('info', '--size', '--', '[', 'nbdkit', 'memory', '5M', ']')).toBe('5242880\n');
});

describe('what a server says with control characters', () => {
  const name = 'the "first"\\\t\u001b[31m';
  const said = 'one\ntwo \u001b]0;title\u0007 \u007f \u009b2J \u061c\u200e\u200f\u202a\u202e\u2066\u2069 \u2028 é 🖴';
  const shown = String.raw`one\u000atwo \u001b]0;title\u0007 \u007f \u009b2J \u061c\u200e\u200f\u202a\u202e\u2066\u2069 \u2028 é 🖴`;
  const start = () => {
    const settings = [`exportname=${name}`, `default-export=${name}`, `exportdesc=fixed:${said}`];
    return nbdkit('--filter=exportname', 'memory', '1M', ...settings);
  };

  test('is shown escaped, the name as by nbdinfo', async () => {
    const { uri } = await start();
    const expected = await theirs('nbdinfo', uri);
    expect(expected).toContain(said);
    expect((await ours('info', uri)).replace(newer, '')).toBe(expected.replace(said, shown));
  });

  test('is exact in JSON, and escaped there as well', async () => {
    const { uri } = await start();
    const text = await ours('info', '--json', uri);
    expect(text).toContain(shown);
    const { exports } = JSON.parse(text);
    expect(exports).toMatchObject(JSON.parse(await theirs('nbdinfo', '--json', uri)).exports);
    expect(exports[0]).toMatchObject({ 'export-name': name, description: said });
  });

  test('a metadata context too', async () => {
    const image = join(await temporaryFolder(), 'image');
    const bitmap = 'dirty\u001b[2J\u009b';
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '1M']);
    await run('qemu-img', ['bitmap', '--add', image, bitmap]);
    const target = ['--', '[', 'qemu-nbd', '-r', '-f', 'qcow2', '-B', bitmap, image, ']'];
    const expected = await theirs('nbdinfo', ...target);
    expect(expected).toContain(`qemu:dirty-bitmap:${bitmap}\n`);
    const actual = (await ours('info', ...target)).replace(newer, '');
    expect(actual).toBe(expected.replace(bitmap, String.raw`dirty\u001b[2J\u009b`));
  });

  test('in an error too', async () => {
    const { stderr } = await failure(said);
    expect(stderr).toContain(`libnbd-wasm: there is no command ${shown}\n`);
  });
});

describe.for([
  ['dump', 'nbddump'],
  ['info', 'nbdinfo'],
] as const)('%s', ([command, tool]) => {
  /** What a shell sees of both. */
  async function bash(script: string, uri: string) {
    const [actual, expected] = await Promise.all(
      [[process.execPath, main, command], [tool]].map((words) => run('bash', ['-c', script, 'bash', ...words, uri])),
    );
    return { actual, expected };
  }

  test('ends as quietly as its model when nobody reads it', async () => {
    const { uri } = await nbdkit('pattern', '16M');
    const { actual, expected } = await bash('exec 3> >(exec true); wait $!; "$@" >&3; echo $?', uri);
    expect(actual).toEqual(expected);
    expect(actual?.stdout).toBe('141\n');
  });

  test('succeeds where the goodbye fails', async () => {
    const { uri } = await resetting(await nbdkit('memory', '64K'));
    const { actual, expected } = await bash('"$@" >/dev/null; echo $?', uri);
    expect(actual).toEqual(expected);
    expect(actual?.stdout).toBe('0\n');
  });

  test('fails where the output cannot be written', async () => {
    const { uri } = await nbdkit('memory', '64K');
    const { stderr, stdout } = await run('bash', [
      '-c',
      '"$@" >/dev/full; echo $?',
      'bash',
      process.execPath,
      main,
      command,
      uri,
    ]);
    expect(stdout).toBe('1\n');
    expect(stderr).toContain('ENOSPC');
  });
});

/** In front of a server: breaks the connection where the server ends it in good order. */
async function resetting(server: Server): Promise<Server> {
  const relay = createServer({ allowHalfOpen: true }, (client) => {
    const socket = server.socket();
    client.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    client.pipe(socket, { end: false });
    socket.on('error', () => {}).on('data', (bytes) => client.write(bytes));
    socket.on('end', () => client.resetAndDestroy());
  });
  const host = '127.0.0.1';
  await listen(relay, { host, port: 0 });
  return new Server({ host, port: (relay.address() as AddressInfo).port }, server);
}

describe('help', () => {
  test('lists every command, and each tells its options', async () => {
    const help = await ours('--help');
    expect(await ours('help')).toBe(help);
    for (const [command, option] of [
      ['info', '--json'],
      ['dump', '--length'],
      ['proxy', '--target'],
    ] as const) {
      expect(help).toMatch(new RegExp(`^  libnbd-wasm ${command} +\\S`, 'm'));
      const usage = await ours(command, '--help');
      expect(usage).toMatch(new RegExp(`^libnbd-wasm ${command} `));
      expect(usage).toContain(option);
      expect(await ours(command, '-h')).toBe(usage);
    }
  });

  test('--version has the package’s and libnbd’s', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    using nbd = await NBD.create();
    expect(await ours('--version')).toBe(`libnbd-wasm ${version} with libnbd ${nbd.getVersion()}\n`);
  });
});

describe('mistakes', () => {
  test.for([
    [[], 'no command was given'],
    [['inspekt'], 'there is no command inspekt'],
    [['constructor'], 'there is no command constructor'],
    [['__proto__'], 'there is no command __proto__'],
    [['toString', '--help'], 'there is no command toString'],
    [['info'], 'no URI was given'],
    [['info', '--jason', 'nbd://localhost'], "unrecognized option '--jason'"],
    [['info', 'nbd://localhost', 'nbd://localhost'], 'one URI is expected'],
    [['dump', '--length', 'ten', 'nbd://localhost'], '--length takes a number of bytes'],
  ] satisfies [string[], string][])('%j', async ([args, text]) => {
    const { code, stderr } = await failure(...args);
    expect(code).toBe(args[0] === 'info' ? 1 : 2); // 2 is an answer of info --can
    expect(stderr).toContain(text);
    const command = ['info', 'dump'].includes(args[0] ?? '') ? `${args[0]} ` : '';
    expect(stderr).toContain(`Try 'libnbd-wasm ${command}--help'`);
  });

  test.for([
    ['localhost', 'NBD URI does not have a scheme'],
    ['nbd+unix:///?socket=/nonexistent', 'connect ENOENT /nonexistent'],
    ['http://localhost', 'unknown NBD URI scheme: http'],
  ] satisfies [string, string][])('%s', async ([uri, text]) => {
    const { code, stderr } = await failure('info', uri);
    expect(code).toBe(1);
    expect(stderr).toContain(text);
  });

  test('an export that the server refuses', async () => {
    const server = await nbdServer(new Uint8Array(4096));
    const { stderr } = await failure('info', exportUri(server, 'nosuch'));
    expect(stderr).toMatch(/nbd_opt_go: .*(unknown|not found|No such)/i);
  });
});
