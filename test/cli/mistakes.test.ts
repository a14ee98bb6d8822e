// The first mistakes with each command: each leads to a line that says what happened, and to what, and to one that says what to do.
import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main, ours } from '../node/cli.js';
import { peer } from '../support/peer.js';
import { temporaryFolder } from '../support/processes.js';
import { listen, nbdkit, nbdkitOnTcp, qemuNbd } from '../support/servers.js';

/** How a program ends that is called with some words, in a folder. */
function called(
  program: string,
  words: readonly string[],
  cwd: string,
): Promise<{ code: number; lines: string[]; stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...words], { cwd }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, lines: stderr.split('\n').slice(0, -1), stdout });
    });
  });
}

/** What the words of a case stand for. */
interface Place {
  readonly folder: string;
  /** A port where nobody listens. */
  readonly closed: number;
}

async function newPlace(): Promise<Place> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'disk.img'), new Uint8Array(4096));
  const server = createServer();
  await listen(server, { host: '127.0.0.1', port: 0 });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return { folder, closed: port };
}

type Case = [name: string, words: (place: Place) => Promise<string[]> | string[], happened: RegExp, toDo?: RegExp];

const wrongUsage: Case[] = [
  ['no command', () => [], /no command was given/],
  ['a misspelt command', () => ['inspct'], /there is no command inspct$/, /^Did you mean 'libnbd-wasm inspect'\?$/],
  ['letters the wrong way round', () => ['ifno'], /there is no command ifno$/, /^Did you mean 'libnbd-wasm info'\?$/],
  ['the name of upstream’s program', () => ['nbdinfo'], /there is no command nbdinfo$/, /^Did you mean 'libnbd-wasm info'\?$/],
  ['a misspelt option of none', () => ['--hlep'], /there is no command --hlep$/, /^Did you mean 'libnbd-wasm --help'\?$/],
  ['a word like no command', () => ['xyzzy'], /there is no command xyzzy$/],
  [
    'a URI and no command',
    () => ['nbd://me:secret@localhost'],
    /no command nbd:\/\/me:…@/,
    /^A command comes first: libnbd-wasm info 'nbd:.*…@localhost'$/,
  ],
  [
    'a file and no command',
    () => ['disk.img'],
    /there is no command disk.img$/,
    /^A command comes first: libnbd-wasm inspect disk.img$/,
  ],
  [
    'a misspelt option of proxy',
    () => ['proxy', '--taget', 'a=b'],
    /unrecognized option '--taget'/,
    /^Did you mean '--target'\?$/,
  ],
  ['no target', () => ['proxy'], /no target was given: libnbd-wasm proxy nbd:\/\/localhost$/],
  ['two targets of one name', () => ['proxy', 'nbd://a', 'nbd://b'], /--target disk=… is there twice: give each target a name/],
  ['a target without a name', () => ['proxy', '--target', 'nbd://a'], /--target takes NAME=URI, not nbd:\/\/a$/],
  [
    'a file, not a server',
    () => ['proxy', 'disk.img'],
    /disk.img is not a URI such as nbd:\/\/localhost: a proxy leads to servers/,
  ],
  ['a target that is a file', () => ['proxy', '--target', 'a=disk.img'], /disk.img is not a URI such as nbd:/],
  [
    'no port',
    () => ['proxy', 'nbd://a', '--listen', 'localhost'],
    /--listen takes ADDRESS:PORT or a port, such as 127.0.0.1:0, .*, not localhost$/,
  ],
  [
    'a misspelt option of inspect',
    () => ['inspect', '--no-opn'],
    /unrecognized option '--no-opn'/,
    /^Did you mean '--no-open'\?$/,
  ],
  [
    'an https: disk',
    () => ['inspect', 'https://me:secret@a/b'],
    /https:\/\/me:…@a\/b: of URIs, nbd:/,
    /\[ nbdkit curl '?https:\/\/me:…@a\/b'? \]$/,
  ],
  ['an unknown format', () => ['inspect', '--format', 'qcow', 'disk.img'], /--format takes raw, qcow2, .*, not qcow$/],
  [
    'a bracket that stays open',
    () => ['inspect', '[', 'nbdkit', 'null'],
    /a command in square brackets ends with a word of its own: \]$/,
  ],
  ['no shell', () => ['completion'], /no shell was named: name one of bash, zsh$/],
];

test.for(wrongUsage)('%s', async ([, words, happened, toDo]) => {
  const place = await newPlace();
  const { code, lines, stdout } = await called(main, await words(place), place.folder);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(lines[0]).toMatch(/^libnbd-wasm: /);
  expect(lines[0]).toMatch(happened);
  if (toDo !== undefined) expect(lines[1]).toMatch(toDo);
  expect(lines.at(-1)).toMatch(/^Try 'libnbd-wasm.* --help'\.$/);
  expect(lines.length).toBe(toDo === undefined ? 2 : 3);
  expect(lines.join()).not.toContain('secret');
});

const trouble: Case[] = [
  [
    'a file that is not there',
    () => ['inspect', 'nosuch.img'],
    /cannot stat nosuch.img: no such file or directory$/,
    /^A disk is a file, an NBD URI/,
  ],
  ['a program that is not there', () => ['inspect', '[', 'nosuch-program', ']'], /nosuch-program cannot be started/],
  ['an image of another format', () => ['inspect', '--format', 'qcow2', 'disk.img'], /disk.img is no qcow2 image$/],
  [
    'a token file that is not there',
    () => ['inspect', '--token-file', 'nosuch'],
    /cannot open nosuch: no such file or directory$/,
  ],
  [
    'a port that is taken',
    async () => {
      const server = createServer();
      await listen(server, { host: '127.0.0.1', port: 0 });
      const { port } = server.address() as { port: number };
      return ['proxy', '--target', 'a=nbd://localhost', '--listen', `127.0.0.1:${port}`];
    },
    /EADDRINUSE: address already in use 127.0.0.1:\d+$/,
    /^Another process listens there/,
  ],
];

test.for(trouble)('%s', async ([, words, happened, toDo]) => {
  const place = await newPlace();
  const { code, lines, stdout } = await called(main, await words(place), place.folder);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(lines[0]).toMatch(happened);
  expect(lines.length).toBe(toDo === undefined ? 1 : 2);
  if (toDo !== undefined) expect(lines[1]).toMatch(toDo);
});

/** What a command that asks one server can be given in its place. */
const servers: Case[] = [
  [
    'a port where nobody listens',
    ({ closed }) => [`nbd://127.0.0.1:${closed}`],
    /127\.0\.0\.1:\d+/,
    /^No server listens there\. Start one, or name its port/,
  ],
  ['a host that is none', () => ['nbd://nosuch.invalid'], /nosuch\.invalid/, /^Check the name of the host/],
  [
    'a socket that is not there',
    () => ['nbd+unix:///?socket=/nosuch/socket'],
    /\/nosuch\/socket|No such file/,
    /^There is no such socket/,
  ],
  [
    'a file',
    () => ['disk.img'],
    /does not have a scheme/,
    /\[ qemu-nbd -r -f raw disk\.img \]\. Or: libnbd-wasm inspect disk\.img$/,
  ],
  ['a host alone', () => ['localhost'], /does not have a scheme/, /^Did you mean nbd:\/\/localhost\?$/],
  [
    'a host and a port',
    () => ['localhost:10809'],
    /unknown NBD URI scheme: localhost/,
    /^Did you mean nbd:\/\/localhost:10809\?$/,
  ],
  ['a missing slash', () => ['nbd:/localhost'], /URI must begin with 'nbd:\/\/'/, /^Did you mean nbd:\/\/localhost\?$/],
  [
    'an https: URL',
    () => ['https://example.com/disk'],
    /unknown NBD URI scheme: https/,
    /\[ nbdkit curl https:\/\/example\.com\/disk \]$/,
  ],
  ['a URI that cannot be read', () => ['nbd://a:b:c'], /unable to parse URI: nbd:\/\/a:b:c/, /^Its form is nbd:\/\/HOST/],
  [
    'a server of something else',
    async () => [(await peer([{ send: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }])).uri],
    /did not send expected NBD magic/,
    /^Something else than an NBD server listens there/,
  ],
  [
    'a server that wants TLS',
    async () => [(await nbdkit('--tls=require', '--tls-psk=/dev/null', 'null')).uri],
    /requires TLS|error to list request/,
    /nbds:\/\/ in place of nbd:/,
  ],
  [
    'a server without TLS',
    async () => [(await nbdkit('null')).uri.replace('nbd+', 'nbds+')],
    /refused TLS|connection is closed/,
    /^The server (has|may have) no TLS/,
  ],
  [
    'an export that is not there',
    async () => [(await qemuNbd({ format: 'raw', size: 4096, options: ['-x', 'one'] })).uri.replace('///', '///two')],
    /no export named 'two'/,
    /--list|libnbd-wasm list 'nbd\+unix:\/\/\/\?socket=/,
  ],
  [
    'a proxy that is not there',
    ({ closed }) => [`ws://127.0.0.1:${closed}/nbd/disk`],
    /WebSocket could not be opened/,
    /^Is the proxy running there\?/,
  ],
  [
    'a web server',
    async () => [`ws://127.0.0.1:${(await nbdkitOnTcp('null')).uri.split(':').at(-1)}/nbd/disk`],
    /WebSocket could not be opened/,
    /proxy prints/,
  ],
  [
    'a command that serves nothing',
    () => ['[', 'false', ']'],
    /nbd_connect_systemd_socket_activation/,
    /^The command has ended, or takes no socket/,
  ],
];

const asking = (await ours('--help')).match(/(?<=^ {2}libnbd-wasm )(info|list|map|dump)\b/gm) ?? [];

describe.for(asking)('%s of', (command) => {
  // All exports are listed, whichever one the URI names.
  test.for(servers.filter(([name]) => command !== 'list' || name !== 'an export that is not there'))(
    '%s',
    async ([, words, happened, toDo]) => {
      const place = await newPlace();
      const { code, lines, stdout } = await called(main, [command, ...(await words(place))], place.folder);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(lines.join('\n')).toMatch(happened);
      expect(lines.at(-1)).toMatch(toDo ?? /./);
      expect(lines.length).toBeLessThan(5);
    },
  );

  test('a program that is not installed', async () => {
    const place = await newPlace();
    const { code, lines } = await called(main, [command, '[', 'nosuch-program', ']'], place.folder);
    expect(code).toBe(1);
    expect(lines.join('\n')).toContain('nosuch-program');
  });

  test('a server that says nothing, for as long as it may', async () => {
    const { uri } = await peer([]);
    const place = await newPlace();
    const { code, lines } = await called(main, [command, '--timeout', '0.2', uri], place.folder);
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [`libnbd-wasm: ${uri} has not answered for 0.2 s. Is it an NBD server? --timeout gives it more time`],
    });
    expect((await ours(command, '--help')).replaceAll(/\s+/g, ' ')).toContain('without it 30 while connecting');
  });

  test('nothing, and of too much', async () => {
    const place = await newPlace();
    const without = await called(main, [command], place.folder);
    expect(without.lines).toEqual([
      'libnbd-wasm: no URI was given: name a server, such as nbd://localhost',
      `Try 'libnbd-wasm ${command} --help'.`,
    ]);
    const twice = await called(main, [command, 'nbd://a', 'nbd://me:secret@b'], place.folder);
    expect(twice.lines[0]).toBe('libnbd-wasm: one URI is expected, and there is also nbd://me:…@b');
    const { lines } = await called(main, [command, '--tiemout', '1', 'nbd://a'], place.folder);
    expect(lines.slice(0, 2)).toEqual(["libnbd-wasm: unrecognized option '--tiemout'", "Did you mean '--timeout'?"]);
  });
});

test('under upstream’s names there is no advice, as there is none in its texts', async () => {
  const place = await newPlace();
  await symlink(main, join(place.folder, 'nbdinfo'));
  for (const words of [['disk.img'], [`nbd://127.0.0.1:${place.closed}`], ['--jsom', 'nbd://a']]) {
    const { code, lines } = await called(join(place.folder, 'nbdinfo'), words, place.folder);
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^nbdinfo: /);
    expect(lines.slice(1).filter((line) => line !== "Try 'nbdinfo --help'.")).toEqual([]);
  }
});
