// A disk on which all that the documentation reads is there: a GPT with two partitions of ext4, a fstab, letters, and an image of a disk.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, temporaryFolder } from '../support/processes.js';

/** Makes it, and returns its path. */
export async function demoDisk(): Promise<string> {
  const folder = await temporaryFolder();
  const tree = join(folder, 'tree');
  const images = join(tree, 'var/lib/libvirt/images');
  for (const path of [images, join(tree, 'etc'), join(tree, 'home/me/letters')]) await mkdir(path, { recursive: true });
  await writeFile(join(tree, 'etc/fstab'), '/dev/sda2 / ext4 defaults 0 1\n');
  await writeFile(join(tree, 'home/me/letters/first'), 'Dear reader\n');

  const inner = join(folder, 'inner');
  await partitioned(inner, [await ext4(folder, join(tree, 'etc'))]);
  await run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', inner, join(images, 'a.qcow2'));
  const disk = join(folder, 'disk');
  await partitioned(disk, [await ext4(folder, join(tree, 'etc')), await ext4(folder, tree)]);
  return disk;
}

let made = 0;

async function ext4(folder: string, tree: string): Promise<string> {
  const file = join(folder, `part${made++}`);
  await run('truncate', '-s', '8M', file);
  await run('sh', '-c', 'PATH=$PATH:/usr/sbin mke2fs -q -t ext4 -O ^has_journal -d "$0" "$1"', tree, file);
  return file;
}

/** A disk with a GPT and these partitions of 8 MiB, the first after one MiB. */
async function partitioned(disk: string, parts: readonly string[]): Promise<void> {
  await run('truncate', '-s', `${8 * parts.length + 2}M`, disk);
  const table = ['label: gpt', ...parts.map((_, i) => `start=${8 * i + 1}MiB, size=8MiB`)].join('\\n');
  await run('sh', '-c', `printf '${table}\\n' | PATH=$PATH:/usr/sbin sfdisk --quiet "$0"`, disk);
  for (const [i, part] of parts.entries()) {
    await run('dd', `if=${part}`, `of=${disk}`, 'bs=1M', `seek=${8 * i + 1}`, 'conv=notrunc,sparse', 'status=none');
  }
}
