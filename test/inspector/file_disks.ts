// Disks with files for the page: what mke2fs makes of a folder, behind a partition table.
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ntfs } from '../files/seven_disks.js';
import { run, temporaryFolder } from '../support/processes.js';

const MiB = 2 ** 20;

/** A picture of 2 × 2 pixels. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGP8z8DAwMDAxMDAwMAAAA0GAQN0JcKJAAAAAElFTkSuQmCC',
  'base64',
);

/** What is hard about a preview, a name or a link, and `many` names in one directory. */
export async function filesFolder(many = 0): Promise<string> {
  const folder = join(await temporaryFolder(), 'files');
  for (const name of ['etc/default', 'var/log/app', 'pictures', 'odd', 'many'])
    await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'etc/fstab'), '# <file system> <mount point>\nLABEL=root\t/\text4\tdefaults\t0 1\n');
  await writeFile(join(folder, 'etc/hostname'), 'vm-17\n');
  await writeFile(join(folder, 'etc/default/grub'), 'GRUB_TIMEOUT=5\n');
  await writeFile(join(folder, 'pictures/dot.png'), png);
  await writeFile(join(folder, 'pictures/page.png'), '<html><script>document.title = "run"</script></html>');
  await writeFile(
    join(folder, 'pictures/drawing.svg'),
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
  );
  await writeFile(join(folder, 'pictures/broken.png'), png.subarray(0, 20));
  await writeFile(join(folder, 'var/log/app/big.log'), 'a line of the log\n'.repeat(100_000));
  await writeFile(join(folder, 'var/log/binary'), Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256)));
  await writeFile(join(folder, 'odd/red \u001b[31m\u202egnp.exe'), 'the name turns\n');
  await writeFile(join(folder, 'odd/100%41'), 'a percent\n');
  await writeFile(Buffer.concat([Buffer.from(`${folder}/odd/latin-`), Buffer.from([0xe9])]), 'not UTF-8\n');
  await writeFile(join(folder, 'empty'), '');
  await symlink('etc/fstab', join(folder, 'link'));
  await symlink('/no/such', join(folder, 'dangling'));
  await utimes(join(folder, 'etc/fstab'), 1_000_000_000, 1_000_000_000);
  for (let i = 0; i < many; i++) await writeFile(join(folder, 'many', `file ${String(i).padStart(5, '0')}`), '');
  return folder;
}

/** A GPT with a FAT and an ext4 of the folder, at 17 MiB; the path of the image. */
export async function filesImage(folder: string, { size = 32 } = {}): Promise<string> {
  const image = join(await temporaryFolder(), 'files.img');
  const table = `label: gpt\nstart=1MiB, size=8MiB, name="EFI system"\nstart=17MiB, size=${size}MiB, name="root"\n`;
  await run('truncate', '-s', String((size + 24) * MiB), image);
  await run('sh', '-c', `printf '%s' "$1" | sfdisk --quiet "$2"`, 'sh', table, image);
  await run('mkfs.fat', '--invariant', '-n', 'EFI', '--offset', String(MiB / 512), image, String(8 * 1024));
  const options = ['-q', '-F', '-L', 'root', '-N', '8192', '-b', '4096', '-d', folder, '-E', `offset=${17 * MiB}`];
  await run('mke2fs', '-t', 'ext4', ...options, image, `${size}M`);
  return image;
}

/** A GPT with an NTFS of the folder. Names that are not UTF-8 cannot be there. */
export async function ntfsImage(folder: string): Promise<string> {
  const image = join(await temporaryFolder(), 'ntfs.img');
  await run('sh', '-c', 'rm "$1"/odd/latin-*', 'sh', folder);
  await run('truncate', '-s', String(20 * MiB), image);
  await run('sh', '-c', `printf 'label: gpt\nstart=1MiB, size=16MiB\n' | sfdisk --quiet "$1"`, 'sh', image);
  await run('dd', `if=${await ntfs(folder, '16M')}`, `of=${image}`, 'bs=1M', 'seek=1', 'conv=notrunc', 'status=none');
  return image;
}
