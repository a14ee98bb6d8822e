// `libnbd-wasm map` and `info --map`: the extents of a disk.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { main } from '../node/cli.js';
import { noise } from '../support/bytes.js';
import { atEnd } from '../support/cleanup.js';
import { nbdkit, qemuNbd } from '../support/servers.js';
import { call, callAs, exportUri } from './named.js';

const KiB = 1024;
const MiB = 2 ** 20;
const islands = () => nbdkit('data', '1 @131072 2', 'size=1M'); // two pages of 32 KiB

const map = `\
         0       32768    0  data
     32768       98304    3  hole,zero
    131072       32768    0  data
    163840      884736    3  hole,zero
`;

test('of islands of data', async () => {
  const { uri } = await islands();
  expect(await call('map', uri)).toEqual({ code: 0, stdout: map, stderr: '' });
  expect((await callAs('nbdinfo', '--map', uri)).stdout).toBe(map);
  expect((await callAs('nbdinfo', '--map=base:allocation', uri)).stdout).toBe(map);
  const json = await call('map', '--json', uri);
  expect(json.stdout.split('\n').slice(0, 2)).toEqual([
    '[',
    '{ "offset": 0, "length": 32768, "type": 0, "description": "data"},',
  ]);
  expect(JSON.parse(json.stdout)).toHaveLength(4);
});

test('a part of a disk', async () => {
  const { uri } = await islands();
  const { stdout } = await call('map', '--offset', '128k', '--length', '0xc000', uri);
  expect(stdout).toBe('    131072       32768    0  data\n    163840       16384    3  hole,zero\n');
  expect((await call('map', '-o', '1M', uri)).stdout).toBe('');
  expect(await call('map', '-o', '2M', uri)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/beyond the end of the disk, which has 1048576/),
  });
});

describe('--totals', () => {
  test('round as C does', async () => {
    const { uri } = await islands();
    expect((await call('info', '--map', '--totals', uri)).stdout).toBe(
      '     65536   6.2%   0 data\n    983040  93.8%   3 hole,zero\n',
    );
    expect((await call('map', '--total', '--json', uri)).stdout).toBe(
      '[\n{ "size": 65536, "percent": 6.25, "type": 0, "description": "data" },\n' +
        '{ "size": 983040, "percent": 93.75, "type": 3, "description": "hole,zero" }\n]\n',
    );
  });

  test.for([
    ['1*1', '16M', '0.195312'], // 0.1953125, whose last digit is a tie
    ['1', '1T', '2.98023e-06'],
  ])('%s of %s is %s %%', async ([data, size, percent]) => {
    const { uri } = await nbdkit('data', data ?? '', `size=${size}`);
    expect((await call('map', '--totals', '--json', uri)).stdout).toContain(`"percent": ${percent},`);
  });

  test('of a disk without bytes', async () => {
    const { uri } = await nbdkit('null', '0');
    expect((await callAs('nbdinfo', '--map', '--totals', uri)).stdout).toBe('');
    expect((await callAs('nbdinfo', '--map', '--totals', '--json', uri)).stdout).toBe('[]\n');
    expect((await callAs('nbdinfo', '--map', '--json', uri)).stdout).toBe('[\n\n]\n');
  });
});

describe('of several metadata contexts', () => {
  const bitmap = 'qemu:dirty-bitmap:changes';
  const start = () =>
    qemuNbd({ format: 'qcow2', size: MiB, bitmap: 'changes', content: noise(128 * KiB), commands: ['write 512k 64k'] });
  const both = ['--context', 'base:allocation', '--context', bitmap];

  test('there is a column for each', async () => {
    const { uri } = await start();
    const { stdout } = await call('map', ...both, uri);
    expect(stdout).toBe(`\
    offset      length  base:allocation  qemu:dirty-bitmap:changes
         0      131072    0  data          1  dirty
    131072      393216    3  hole,zero     0  clean
    524288       65536    0  data          1  dirty
    589824      458752    3  hole,zero     0  clean
`);
    const [first] = JSON.parse((await call('map', '--json', ...both, uri)).stdout);
    expect(first).toEqual({
      offset: 0,
      length: 131072,
      contexts: { 'base:allocation': { type: 0, description: 'data' }, [bitmap]: { type: 1, description: 'dirty' } },
    });
  });

  test('--totals has a block for each', async () => {
    const { uri } = await start();
    expect((await call('map', '--totals', ...both, uri)).stdout).toBe(`\
base:allocation:
    196608  18.8%   0 data
    851968  81.2%   3 hole,zero
qemu:dirty-bitmap:changes:
    851968  81.2%   0 clean
    196608  18.8%   1 dirty
`);
    const totals = JSON.parse((await call('map', '--totals', '--json', ...both, uri)).stdout);
    expect(totals[bitmap]).toMatchObject([{ size: 851968, description: 'clean' }, { size: 196608 }]);
  });

  test('--color paints what is clean or dirty', async () => {
    const { uri } = await start();
    const { stdout } = await callAs('nbdinfo', `--map=${bitmap}`, '--color', uri);
    expect(stdout.split('\n')[0]).toBe('\u001b[22;31m         0      131072    1  dirty\u001b[0m');
  });

  test('one that the server has not', async () => {
    const { uri } = await start();
    expect(await callAs('nbdinfo', '--map=x:y', uri)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'nbdinfo: --map: server does not support metadata context "x:y"\n',
    });
    const ours = await call('map', ...both, '--context', 'x:y', uri);
    expect(ours.stderr).toContain('does not support the metadata context "x:y": libnbd-wasm info tells which it has');
  });
});

test('of a refused export', async () => {
  const server = await nbdkit('--filter=exportname', 'memory', '1M', 'exportname=one', 'exportname-strict=true');
  expect(await call('map', exportUri(server, 'two'))).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/nbd_opt_go: .*two/),
  });
});

/** Its second gigabyte cannot be had. */
const failing = () =>
  nbdkit(
    'eval',
    'get_size=echo 8G',
    'can_extents=exit 0',
    'pread=exit 1',
    'extents=if [ $4 -ge 1073741824 ]; then echo EIO >&2; exit 1; fi; for i in 0 1 2 3; do echo $(($4 + i * 262144)) 256K $((i % 2 ? 0 : 1)); done',
  );

test('as it comes: what was told before an error is printed; by nbdinfo’s name nothing is', async () => {
  const { uri } = await failing();
  const ours = await call('map', uri);
  expect(ours.code).toBe(1);
  expect(ours.stdout.split('\n').length).toBeGreaterThan(500);
  expect(await callAs('nbdinfo', '--map', uri)).toMatchObject({ code: 1, stdout: '' });
});

test('its first lines come before its last are asked for', async () => {
  const { uri } = await nbdkit(
    'eval',
    'get_size=echo 8G',
    'can_extents=exit 0',
    'pread=exit 1',
    'extents=test $4 -lt 4096 || sleep 0.05; echo $4 4096 $(($4 / 4096 % 2))',
  );
  const child = spawn(process.execPath, [main, 'map', uri], { stdio: ['ignore', 'pipe', 'ignore'] });
  atEnd(() => void child.kill('SIGKILL'));
  const [bytes] = (await once(child.stdout, 'data')) as [Buffer];
  expect(bytes.toString()).toMatch(/^ +0 +4096 +0 {2}data\n/);
});
