// Disks that 7-Zip reads, made of a folder.
import { join } from 'node:path';
import type { ImageFormat } from 'libnbd-wasm';
import { run, temporaryFolder } from '../support/processes.js';

const newImage = async (name: string): Promise<string> => join(await temporaryFolder(), name);

export async function squashfs(folder: string, compressor: string, ...options: string[]): Promise<string> {
  const made = await newImage('squashfs');
  await run('mksquashfs', folder, made, '-quiet', '-no-progress', '-comp', compressor, ...options);
  return made;
}

/** By genisoimage: `-R` is Rock Ridge, `-J` Joliet, `-udf` a UDF beside it. */
export async function iso(folder: string, ...options: string[]): Promise<string> {
  const made = await newImage('iso');
  await run('genisoimage', '-quiet', '-input-charset', 'utf-8', ...options, '-o', made, folder);
  return made;
}

export async function fat(folder: string, bits: string, size: string): Promise<string> {
  const made = await newImage('fat');
  await run('truncate', '-s', size, made);
  await run('mkfs.fat', '-F', bits, '-n', 'A LABEL', made);
  await run('sh', '-c', 'LC_ALL=C.UTF-8 mcopy -s -Q -i "$1" "$2"/* ::/', 'sh', made, folder);
  return made;
}

/** By qemu-img, of a disk that is its bytes. */
export async function image(format: ImageFormat, raw: string, ...options: string[]): Promise<string> {
  const made = await newImage(format);
  await run('qemu-img', 'convert', '-f', 'raw', '-O', format === 'vhd' ? 'vpc' : format, ...options, raw, made);
  return made;
}
