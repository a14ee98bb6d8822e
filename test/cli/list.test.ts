// `libnbd-wasm list`: the exports of a server, a line each.
import { expect, test } from 'vitest';
import { nbdkit } from '../support/servers.js';
import { call, exportUri } from './named.js';

const exports = (...more: string[]) =>
  nbdkit(
    '-r',
    '--filter=exportname',
    'memory',
    '1G',
    'exportname-strict=true',
    'exportname-list=explicit',
    'exportname=a',
    'exportname=the "second"',
    ...more,
  );

test('in columns', async () => {
  const server = await exports('exportdesc=fixed:a disk');
  const text = String.raw`NAME              SIZE  ACCESS     DESCRIPTION
"a"               1G    read-only  a disk
"the \"second\""  1G    read-only  a disk
`;
  expect(await call('list', server.uri)).toEqual({ code: 0, stdout: text, stderr: '' });
  expect((await call('list', exportUri(server, 'nosuch'))).stdout).toBe(text);
});

test('what a server says cannot write to the terminal', async () => {
  const { stdout } = await call('list', (await exports('exportdesc=fixed:\u001b[31mred\u009b')).uri);
  expect(stdout).toContain(String.raw`\u001b[31mred\u009b`);
  for (const control of ['\u001b', '\u009b']) expect(stdout).not.toContain(control);
});

test('--json is what info --list --json prints', async () => {
  const { uri } = await exports();
  const { stdout } = await call('list', '--json', uri);
  expect(stdout).toBe((await call('info', '--list', '--json', uri)).stdout);
  expect(JSON.parse(stdout).exports).toMatchObject([{ 'export-name': 'a', 'export-size': 2 ** 30 }, { is_read_only: true }]);
});

test('the others are told where one is refused', async () => {
  const { uri } = await nbdkit(
    'eval',
    'list_exports=echo NAMES; echo bad; echo good',
    'open=test "$3" != bad || { echo EPERM no >&2; exit 1; }',
    'get_size=echo 4096',
    'pread=exit 1',
  );
  const { code, stdout, stderr } = await call('list', uri);
  expect(code).toBe(1);
  expect(stdout.split('\n').slice(1)).toEqual(['"good"  4K    read-only', '']);
  expect(stderr).toMatch(/^libnbd-wasm: nbd_opt_go: .* for export: bad$/m);
});

test('a server of the oldstyle protocol has no list', async () => {
  const { code, stderr } = await call('list', (await nbdkit('-o', 'memory', '1M')).uri);
  expect(code).toBe(1);
  expect(stderr).toContain('oldstyle protocol, which knows no list: it has one export, which info tells of');
});
