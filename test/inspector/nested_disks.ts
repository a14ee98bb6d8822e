// Disks with images of disks in their files, two deep, and images that cannot be opened.
import { copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { image } from '../files/seven_disks.js';
import { lockedImage } from '../support/locked_image.js';
import { run, temporaryFolder } from '../support/processes.js';
import { filesFolder, filesImage } from './file_disks.js';

/**
 * A disk whose second partition has images: `vm.qcow2`, compressed, whose second partition has `/srv/inner.vdi`, whose second partition has
 * the files of `filesFolder`, as that of `vm.qcow2` has; `disk.raw`, the innermost as its bytes.
 */
export async function nestedImage(): Promise<string> {
  const innermost = await filesImage(await filesFolder(), { size: 8 });
  const middle = await filesFolder();
  await mkdir(join(middle, 'srv'));
  await copyFile(await image('vdi', innermost), join(middle, 'srv', 'inner.vdi'));
  const outer = await temporaryFolder();
  const images = join(outer, 'images');
  await mkdir(images);
  await copyFile(await image('qcow2', await filesImage(middle, { size: 32 }), '-c'), join(images, 'vm.qcow2'));
  await run('cp', '--sparse=always', innermost, join(images, 'disk.raw'));
  await failing(images);
  return filesImage(outer, { size: 96 });
}

/** What has the name or the magic of an image, and is none that can be opened. */
async function failing(folder: string): Promise<void> {
  const create = (...options: string[]) => run('qemu-img', 'create', '-q', '-f', 'qcow2', ...options);
  const [chain, damaged] = [join(folder, 'chain.qcow2'), join(folder, 'damaged.qcow2')];
  await create('-b', 'base\u202e.qcow2', '-F', 'qcow2', '-u', chain, '8M');
  await lockedImage(join(folder, 'locked.qcow2'));
  await create(damaged, '8M');
  const file = await open(damaged, 'r+');
  await file.write(Buffer.alloc(8, 0x7f), 0, 8, 40); // where its table of tables is
  await file.close();
  await writeFile(join(folder, 'named.qcow2'), 'this is a text\n');
}

/** A qcow2 of a qcow2 of …, the innermost of an empty disk. */
export async function deepImage(depth: number): Promise<string> {
  let made = join(await temporaryFolder(), 'raw');
  await run('truncate', '-s', '64K', made);
  for (let i = 0; i < depth; i++) made = await image('qcow2', made);
  return made;
}
