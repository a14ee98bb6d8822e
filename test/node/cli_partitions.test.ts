// `libnbd-wasm info --partitions`: lsblk's names, and what native blkid finds.
import { expect, test } from 'vitest';
import { blkid, writeTable } from '../probe/native.js';
import { newImage } from '../probe/probed.js';
import { run as runTool } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { failure, ours } from './cli.js';

const MiB = 2 ** 20;

async function image(): Promise<string> {
  const path = await newImage(64 * MiB);
  await writeTable(
    path,
    'label: gpt\nstart=1MiB, size=32MiB, type=L, name="the root"\nsize=8MiB, type=S, attrs=LegacyBIOSBootable\n',
  );
  await runTool('sh', '-c', 'PATH=/usr/sbin:$PATH mkfs.ext4 -q -F -L root -E offset=1048576 "$1" 32M', 'sh', path);
  return path;
}

test('--json', async () => {
  const path = await image();
  const { uri } = await nbdkit('file', path);
  const [whole, root] = [await blkid(path), await blkid(path, { offset: BigInt(MiB), size: BigInt(32 * MiB) })];
  const found = JSON.parse(await ours('info', '--partitions', '--json', uri));
  expect(found).toMatchObject({
    size: 64 * MiB,
    'log-sec': 512,
    pttype: 'gpt',
    ptuuid: whole.PTUUID,
    ambivalent: false,
    warnings: [],
  });
  expect(found.children).toMatchObject([
    {
      partn: 1,
      start: 2048,
      size: 32 * MiB,
      parttype: '0fc63daf-8483-4772-8e79-3d69d8477de4',
      parttypename: 'Linux filesystem',
      partlabel: 'the root',
      fstype: root.TYPE,
      fsver: root.VERSION,
      label: root.LABEL,
      uuid: root.UUID,
      fssize: Number(root.FSSIZE),
      warnings: [],
    },
    { partn: 2, start: 67584, size: 8 * MiB, parttypename: 'Linux swap', partflags: '0x4' },
  ]);
});

test('as text', async () => {
  const path = await image();
  const { uri } = await nbdkit('file', path);
  const lines = (await ours('info', '--partitions', uri)).split('\n');
  expect(lines[0]).toBe('size: 67108864 (64M), sectors of 512 bytes');
  expect(lines[1]).toMatch(/^gpt partition table [-0-9a-f]{36}$/);
  expect(lines[2]).toMatch(/^PARTN +START +SIZE +PARTTYPENAME +PARTLABEL +FSTYPE +FSVER +LABEL +UUID$/);
  expect(lines[3]).toMatch(/^1 +2048 +32M +Linux filesystem +the root +ext4 +1.0 +root +[-0-9a-f]{36}$/);
  expect(lines[4]).toMatch(/^2 +67584 +8M +Linux swap$/);
});

test('names from the disk cannot write to the terminal', async () => {
  const path = await newImage(8 * MiB);
  await runTool('/usr/sbin/mkswap', '-L', 'a\u001b[31mred', path);
  const { uri } = await nbdkit('file', path);
  const text = await ours('info', '--partitions', uri);
  expect(text).toContain('no partition table, swap 1 "a');
  expect(text).not.toContain('\u001b');
});

test('--size is another question', async () => {
  expect(await failure('info', '--size', '--partitions', 'nbd://localhost')).toMatchObject({ code: 1 });
});
