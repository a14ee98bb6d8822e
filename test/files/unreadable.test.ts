// Disks whose files are behind something else: each says what it is, and what can be done.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSystem, probe } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { upstreamImages } from '../probe/native.js';
import { newImage, unpacked } from '../probe/probed.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { run } from '../support/processes.js';
import { MiB } from './trees.js';

test.for([
  [
    'luks1',
    'this is encrypted by LUKS (crypto_LUKS): there are no files to read. Serve the disk that is made of it (cryptsetup open)',
  ],
  ['luks2', 'encrypted by LUKS (crypto_LUKS)'],
  ['bitlocker-win7', 'encrypted by BitLocker (BitLocker)'],
  ['lvm2', 'a physical volume of LVM, with pieces of logical volumes (LVM2_member)'],
  ['mdraid-1', 'a member of a RAID of Linux (linux_raid_member)'],
  ['ddf-raid', 'a member of a RAID, or of another volume of several disks (ddf_raid_member)'],
] as const)('%s', async ([name, text]) => {
  const disk = new MemoryDisk(
    new Uint8Array(await readFile(await unpacked(join(upstreamImages, 'images-fs', `${name}.img.xz`)))),
  );
  await expect(fileSystem(disk)).rejects.toThrow(
    expect.objectContaining({ code: 'ENOTSUP', message: expect.stringContaining(text) }),
  );
});

test('a partition of LUKS, among others', async () => {
  const image = await newImage(32 * MiB);
  const table = 'label: gpt\\nstart=1MiB, size=4MiB\\nstart=8MiB, size=20MiB\\n';
  await run('sh', '-c', `printf '${table}' | sfdisk --quiet "$0"`, image);
  const luks = await newImage(20 * MiB);
  const fast = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--key-file', '/etc/hostname'];
  await run(
    'env',
    'PATH=/usr/sbin:/sbin:/usr/bin:/bin',
    'cryptsetup',
    'luksFormat',
    '--batch-mode',
    '--type',
    'luks2',
    ...fast,
    luks,
  );
  await run('dd', `if=${luks}`, `of=${image}`, 'bs=1M', 'seek=8', 'conv=notrunc', 'status=none');
  const disk = new MemoryDisk(new Uint8Array(await readFile(image)));
  const { partitions } = await probe(disk);
  await expect(fileSystem(disk, { partition: partitions[1] })).rejects.toThrow(/encrypted by LUKS/);
  await expect(fileSystem(disk, { partition: partitions[0] })).rejects.toThrow(/no file system that libblkid knows/);
});
