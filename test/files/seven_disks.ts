// Disks that 7-Zip reads, made of a folder.
import { readFile, writeFile } from 'node:fs/promises';
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

/** By wimlib, which writes to an NTFS that is not mounted. It keeps links, times and names that Windows does not allow. */
export async function ntfs(folder: string, size: string): Promise<string> {
  const made = await newImage('ntfs');
  const wim = `${made}.wim`;
  await run('truncate', '-s', size, made);
  await run('mkntfs', '-q', '-F', '-L', 'A label', made);
  await run('wimcapture', folder, wim, '--compress=none');
  await run('wimapply', wim, '1', made, '--include-invalid-names');
  return made;
}

/** By xorriso, which puts it into an ISO 9660, as a partition of an Apple map. */
export async function hfsplus(folder: string): Promise<string> {
  const made = await newImage('hfsplus');
  const whole = `${made}.iso`;
  await run('xorriso', '-as', 'mkisofs', '-quiet', '-hfsplus', '-R', '-V', 'A label', '-o', whole, folder);
  const bytes = await readFile(whole);
  const entry = bytes.indexOf('Apple_HFS') - 0x30; // in the map
  const [start, blocks] = [bytes.readUInt32BE(entry + 8), bytes.readUInt32BE(entry + 12)];
  await writeFile(made, bytes.subarray(512 * start, 512 * (start + blocks)));
  return made;
}

/** By qemu-img, of a disk that is its bytes. */
export async function image(format: ImageFormat, raw: string, ...options: string[]): Promise<string> {
  const made = await newImage(format);
  await run('qemu-img', 'convert', '-f', 'raw', '-O', format === 'vhd' ? 'vpc' : format, ...options, raw, made);
  return made;
}
