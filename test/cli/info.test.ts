// `libnbd-wasm info`, and its other name, nbdinfo: what native nbdinfo prints is compared elsewhere.
import { describe, expect, test } from 'vitest';
import { nbdkit, nbdServer } from '../support/servers.js';
import { closedPort } from '../support/tcp.js';
import { call, callAs, exportUri } from './named.js';

const several = (...names: string[]) =>
  nbdkit(
    '--filter=exportname',
    'data',
    '0x55 0xaa @65536 1',
    'size=1M',
    'exportname-strict=true',
    'exportname-list=explicit',
    'exportdesc=fixed:one of several',
    ...names.map((name) => `exportname=${name}`),
  );

/** One that lists an export which it then refuses. */
const refusing = (...names: string[]) =>
  nbdkit(
    'eval',
    `list_exports=echo NAMES; ${names.map((name) => `echo ${name}`).join('; ')}`,
    'open=test "$3" != bad || { echo EPERM no >&2; exit 1; }; echo $3',
    'get_size=echo 1M',
    'pread=dd if=/dev/zero count=$3 iflag=count_bytes 2>/dev/null',
  );

describe('of one export', () => {
  test('as JSON it has nbdinfo’s layout', async () => {
    const server = await several('one');
    const { stdout } = await callAs('nbdinfo', '--json', exportUri(server, 'one'));
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('{');
    expect(lines).toContain('"protocol": "newstyle-fixed",');
    expect(lines).toContain('"exports": [');
    expect(lines).toContain('\t"export-name": "one",');
    expect(lines).toContain('\t\t"base:allocation"');
    expect(stdout.endsWith('\t"export-size": 1048576,\n\t"export-size-str": "1M"\n\t} ]\n}\n')).toBe(true);
    expect(JSON.parse(stdout)).toMatchObject({ TLS: false, exports: [{ description: 'one of several' }] });
  });

  test('--color paints it, and --no-color behind it does not', async () => {
    const uri = exportUri(await several('one'), 'one');
    const [plain, painted, both] = await Promise.all([
      call('info', uri),
      call('info', '--colour', uri),
      call('info', '--color', '--no-colours', uri),
    ]);
    expect(plain.stdout).not.toContain('\u001b');
    expect(both.stdout).toBe(plain.stdout);
    expect(painted.stdout).toContain('\u001b[1;35mexport="one":\n\tdescription: one of several\n\texport-size: 1048576 (1M)\n');
    expect(painted.stdout).toContain('\u001b[22;31m\tcan_block_status_payload: false\n\u001b[0m');
    expect(painted.stdout).toContain('\u001b[22;32m\tcan_df: true\n\u001b[0m');
  });

  test('--no-content leaves out what is in it', async () => {
    const uri = exportUri(await several('one'), 'one');
    expect((await call('info', uri)).stdout).toContain('\tcontent: ');
    expect((await call('info', '--no-content', uri)).stdout).not.toContain('content: ');
  });

  test('that is refused: the error says how to find the others, and nothing is printed', async () => {
    const server = await several('one');
    const { code, stdout, stderr } = await call('info', exportUri(server, 'nosuch'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^libnbd-wasm: nbd_opt_go: .* for export: nosuch$/m);
    expect(stderr).toMatch(/^To see what the server has: libnbd-wasm list /m);
    const unnamed = await call('info', '--json', server.uri);
    expect(unnamed.stdout).toBe('');
    expect(unnamed.stderr).toMatch(/ for the default export$/m);
  });
});

describe('--list', () => {
  test.for([[], ['--content'], ['--json'], ['--json', '--content']])('%j tells of each export', async (options) => {
    const { code, stdout } = await callAs('nbdinfo', '-L', ...options, (await several('one', 'two words')).uri);
    expect(code).toBe(0);
    expect(stdout.match(/export(-name"?: |=)"(one|two words)"/g)).toHaveLength(2);
    expect(/\tcontent: |"content": /.test(stdout)).toBe(options.includes('--content'));
    if (options.includes('--json')) {
      expect(JSON.parse(stdout).exports).toMatchObject([{ 'export-name': 'one' }, { 'export-name': 'two words' }]);
    }
  });

  test.for([
    [
      ['good', 'bad', 'better'],
      ['good', 'better'],
    ],
    [['bad', 'good'], ['good']],
    [['good', 'bad'], ['good']],
    [['bad'], []],
  ])('%j: what is refused is left out of it', async ([listed, told]) => {
    const { code, stdout, stderr } = await call('info', '--list', '--json', exportUri(await refusing(...(listed ?? [])), 'good'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/ for export: bad$/m);
    const { exports } = JSON.parse(stdout) as { exports: { 'export-name': string }[] };
    expect(exports.map((one) => one['export-name'])).toEqual(told);
  });

  test('of an oldstyle server, which has none', async () => {
    const { uri } = await nbdkit('-o', 'memory', '64K');
    expect((await call('info', '--list', uri)).stderr).toContain('oldstyle protocol, which knows no list');
    expect(await callAs('nbdinfo', '--list', uri)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/nbd_opt_list: invalid state/),
    });
  });
});

describe('--can', () => {
  test.for([
    ['--can', 'write', 2],
    ['--cannot', 'write', 0],
    ['--is', 'read-only', 0],
    ['--isnt', 'READ_ONLY', 2],
    ['--has', 'structured replies', 0],
    ['--hasnt', 'sr', 2],
    ['--have-not', 'extended_header', 0],
    ['--is', 'tls', 2],
    ['--can', 'connect', 0],
  ] as const)('%s %s: %i', async ([option, feature, expected]) => {
    const { uri } = await nbdkit('-r', 'memory', '1M');
    const { code, stdout, stderr } = await call('info', option, feature, uri);
    expect({ code, stdout, stderr }).toEqual({ code: expected, stdout: '', stderr: '' });
  });

  test('a mistake is no answer', async () => {
    const { uri } = await nbdkit('memory', '1M');
    expect(await call('info', '--can', 'fly', uri)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/unknown --can\/--is\/--has option: fly/),
    });
    expect(await call('info', '--isnt', 'flying', uri)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/unknown --cannot\/--isnt\/--hasnt/),
    });
    expect(await call('info', '--can', 'write')).toMatchObject({ code: 1 });
    expect(await call('info', '--can', 'write', `nbd://127.0.0.1:${await closedPort()}`)).toMatchObject({ code: 1 });
  });
});

describe('--size and --uri', () => {
  test('say nothing else', async () => {
    const uri = exportUri(await several('two words'), 'two words');
    expect(await call('info', '--size', uri)).toEqual({ code: 0, stdout: '1048576\n', stderr: '' });
    expect(await call('info', '--uri', uri)).toEqual({ code: 0, stdout: `${uri}\n`, stderr: '' });
    expect(await call('info', '--uri', '--json', uri)).toEqual({ code: 0, stdout: `"${uri}"\n`, stderr: '' });
  });

  test('the size of nbd-server’s export, which it tells late', async () => {
    const uri = exportUri(await nbdServer(new Uint8Array(8192).fill(1)), 'disk');
    expect((await callAs('nbdinfo', '--size', uri)).stdout).toBe('8192\n');
    expect((await call('info', '--no-content', uri)).stdout).toContain('\texport-size: 8192 (8K)\n');
  });

  test('of a refused export: ours says why, and nbdinfo what nbdinfo says', async () => {
    const uri = exportUri(await several('one'), 'nosuch');
    expect(await call('info', '--size', uri)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/for export: nosuch/),
    });
    expect(await callAs('nbdinfo', '--size', uri)).toMatchObject({
      stderr: expect.stringMatching(/^nbdinfo: nbd_get_size: server has not returned/),
    });
  });
});

describe('options that exclude each other', () => {
  test.for([
    [['--size', '--map'], 'you cannot use --can, --cannot, --list, --map, --size and --uri together.'],
    [['--list', '--is', 'tls'], 'you cannot use --can, --cannot, --list, --map, --size and --uri together.'],
    [['--content', '--no-content'], 'you cannot use --content and --no-content together.'],
    [['--totals'], 'you must use --totals only with --map option.'],
    [['--can', 'write', '--cannot', 'trim'], 'you cannot use --can and --cannot together.'],
    [['--partitions', '--uri'], '--partitions asks for something else'],
  ] satisfies [string[], string][])('%j', async ([options, text]) => {
    const outcome = await callAs('nbdinfo', ...options, 'nbd://localhost');
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain(`nbdinfo: ${text}`);
  });
});

describe('a server that is not there', () => {
  test('is named as nbdinfo names it', async () => {
    const uri = `nbd://127.0.0.1:${await closedPort()}`;
    const host = uri.slice('nbd://'.length);
    const text = `nbdinfo: nbd_connect_uri: connect: ${host}: could not connect to remote host: Connection refused\n`;
    expect(await callAs('nbdinfo', uri)).toEqual({ code: 1, stdout: '', stderr: text });
  });

  test('and neither is the program that would serve', async () => {
    const { code, stderr } = await call('info', '--', '[', 'no-such-server', '--foreground', ']');
    expect(code).toBe(1);
    expect(stderr).toContain('no-such-server cannot be started: no folder of PATH has it: install it');
  });
});
