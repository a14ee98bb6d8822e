// The command line, beside the tools that it follows.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { nbdkit, nbdkitOnTcp, nbdServer, qemuNbd, type Server } from '../support/servers.js';

const run = promisify(execFile);
const main = fileURLToPath(new URL('./cli/main.js', import.meta.resolve('libnbd-wasm')));
const ours = async (...args: string[]) => (await run(process.execPath, [main, ...args])).stdout;
const theirs = async (tool: string, ...args: string[]) => (await run(tool, args)).stdout;

/** What the command prints on standard error, and its exit code, when it fails. */
async function failure(...args: string[]): Promise<{ code: number; stderr: string }> {
  return run(process.execPath, [main, ...args]).then(
    () => expect.fail('the command succeeded'),
    ({ code, stderr }) => ({ code, stderr }),
  );
}

// Debian's nbdinfo may be older than the libnbd that we compile: what it does not print yet is left out of the comparison.
const newer = /^\s*can_block_status_payload:.*\n|(?<=block_size_\w+: \d+) \(\w+\)/gm;
// It does not ask nbd-server for the size again, which tells it late, and so takes the disk for an empty one.
const content = /^\s*content: .*\n/m;

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
  ['nbd-server', () => nbdServer(new Uint8Array(8192).fill(1)), 'disk'],
];

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
    if (expected.includes('content: empty'))
      [actual, expected] = [actual, expected].map((text) => text.replace(content, '')) as [string, string];
    expect(actual).toBe(expected);
  });

  test('--json has nbdinfo’s keys and values', async () => {
    const uri = exportUri(await start(), path);
    const expectedText = await theirs('nbdinfo', '--json', uri);
    const expected = JSON.parse(expectedText);
    const text = await ours('info', '--json', uri);
    const actual = JSON.parse(text);
    if (expected.exports[0].content === 'empty') expected.exports[0].content = actual.exports[0].content; // as above
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
    expect(exactSize(text)).toBe(exactSize(expectedText)); // exact, beyond 2^53 too
  });

  test('--size is nbdinfo’s', async () => {
    const uri = exportUri(await start(), path);
    expect(await ours('info', '--size', uri)).toBe(await theirs('nbdinfo', '--size', uri));
  });
});

test('info of a command in square brackets', async () => {
  expect(await ours('info', '--size', '--', '[', 'nbdkit', 'memory', '5M', ']')).toBe('5242880\n');
});

describe('dump', () => {
  test('is what nbddump prints', async () => {
    const { uri } = await nbdkit('data', '"Hello, world." @0x8000 1 2 3 @0x7ff8 "the end!"', 'size=64K');
    expect(await ours('dump', uri)).toBe(await theirs('nbddump', uri));
    for (const length of [16, 100, 40000]) {
      expect(await ours('dump', '-n', `${length}`, uri), `${length}`).toBe(await theirs('nbddump', '-n', `${length}`, uri));
    }
  });

  test('begins where it is told', async () => {
    const { uri } = await nbdkit('data', '@0x7ff8 "the end!" 1 2 3', 'size=64K');
    expect(await ours('dump', '--length', '24', '--offset', '32752', uri)).toBe(
      '0000007ff0: 00 00 00 00 00 00 00 00  74 68 65 20 65 6e 64 21 |........the end!|\n' +
        '0000008000: 01 02 03 00 00 00 00 00                          |........        |\n',
    );
    expect((await failure('dump', '--offset', '65537', uri)).stderr).toContain('beyond the end of the disk');
  });
});

describe('mistakes', () => {
  test.for([
    [[], 'no command was given'],
    [['inspekt'], 'there is no command inspekt'],
    [['info'], 'no URI was given'],
    [['info', '--jason', 'nbd://localhost'], "Unknown option '--jason'"],
    [['info', 'nbd://localhost', 'nbd://localhost'], 'one URI is expected'],
    [['dump', '--length', 'ten', 'nbd://localhost'], '--length takes a number of bytes'],
  ] satisfies [string[], string][])('%j', async ([args, text]) => {
    const { code, stderr } = await failure(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
    expect(stderr).toContain('libnbd-wasm --help');
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
