// What Debian's tools make: each kind of content the same as native blkid finds it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { run, temporaryFolder } from '../support/processes.js';
import { blkid } from './native.js';
import { expectAsBlkid, newImage, probed } from './probed.js';

const MiB = 2 ** 20;

/** A program of /usr/sbin, and its image's size: what makes the image comes last on its command line. */
const made: [type: string, size: number, command: string[]][] = [
  ['ext2', 8 * MiB, ['mkfs.ext2', '-q', '-F', '-L', 'two']],
  ['ext3', 8 * MiB, ['mkfs.ext3', '-q', '-F', '-L', 'three']],
  ['ext4', 64 * MiB, ['mkfs.ext4', '-q', '-F', '-L', 'four']],
  ['xfs', 512 * MiB, ['mkfs.xfs', '-q', '-L', 'fast']],
  ['btrfs', 128 * MiB, ['mkfs.btrfs', '-q', '-L', 'butter']],
  ['vfat', 2 * MiB, ['mkfs.vfat', '-F', '12', '-n', 'TWELVE']],
  ['vfat', 32 * MiB, ['mkfs.vfat', '-F', '16', '-n', 'SIXTEEN']],
  ['vfat', 64 * MiB, ['mkfs.vfat', '-F', '32', '-n', 'THIRTYTWO']],
  ['exfat', 16 * MiB, ['mkfs.exfat', '-L', 'ex']],
  ['ntfs', 16 * MiB, ['mkfs.ntfs', '-q', '-F', '-L', 'new tech']],
  ['f2fs', 128 * MiB, ['mkfs.f2fs', '-q', '-l', 'flash']],
  ['swap', 4 * MiB, ['mkswap', '-L', 'swapped']],
  ['crypto_LUKS', 32 * MiB, ['cryptsetup', 'luksFormat', '--batch-mode', '--type', 'luks1', ...fast()]],
  ['crypto_LUKS', 32 * MiB, ['cryptsetup', 'luksFormat', '--batch-mode', '--type', 'luks2', '--label', 'secret', ...fast()]],
];

/** A key in a file, and a key derivation that takes no time. */
function fast(): string[] {
  return ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--key-file', '/etc/hostname'];
}

test.for(made)('%s of %i bytes by %o', async ([type, size, command]) => {
  const image = await newImage(size);
  await run('env', 'PATH=/usr/sbin:/sbin:/usr/bin:/bin', ...command, image);
  const found = await probed(image);
  expect(found.content?.type).toBe(type);
  expect(found.warnings).toEqual([]);
  await expectAsBlkid(found, image);
});

test.for(['gzip', 'zstd'])('squashfs, compressed by %s', async (compressor) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), noise(100_000));
  const image = join(await temporaryFolder(), 'image');
  await run('mksquashfs', folder, image, '-quiet', '-no-progress', '-comp', compressor);
  const found = await probed(image);
  expect(found.content?.type).toBe('squashfs');
  await expectAsBlkid(found, image);
});

test.for([['-J', '-r'], ['-udf']])('an image of a CD, made with %o', async (options) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), noise(100_000));
  const image = join(await temporaryFolder(), 'image');
  await run('genisoimage', '-quiet', '-V', 'A CD', ...options, '-o', image, folder);
  const found = await probed(image);
  expect(found.content?.label).toBe('A CD');
  await expectAsBlkid(found, image);
});

test('two file systems at once are ambivalent, and both are named', async () => {
  const image = await newImage(64 * MiB);
  await run('env', 'PATH=/usr/sbin:/sbin:/usr/bin:/bin', 'mkfs.ext4', '-q', '-F', image);
  const other = await newImage(128 * MiB);
  await run('env', 'PATH=/usr/sbin:/sbin:/usr/bin:/bin', 'mkfs.btrfs', '-q', other);
  await run('dd', `if=${other}`, `of=${image}`, 'bs=4096', 'count=1', 'skip=16', 'seek=16', 'conv=notrunc', 'status=none');
  const found = await probed(image);
  expect(found.ambivalent).toBe(true);
  expect(found.content).toMatchObject({ type: 'ext4', ambivalent: true });
  expect(found.warnings).toMatchObject([{ code: 'ambivalent', message: expect.stringContaining('ext4, btrfs') }]);
  await expectAsBlkid(found, image);
  expect(found.content?.all).toMatchObject(await blkid(image, undefined, '--match-types', 'ext4'));
  expect(await blkid(image, undefined, '--match-types', 'btrfs')).toMatchObject({ TYPE: 'btrfs' });
});
