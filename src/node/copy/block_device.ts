// The size of a block device: stat tells 0, and Node has no ioctl.
import type { BigIntStats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { NBDError } from '../../base/errors.js';

/** In bytes, as Linux's sysfs has it in sectors of 512 bytes. */
export async function sizeOfBlockDevice(name: string, { rdev }: BigIntStats): Promise<bigint> {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
  try {
    return 512n * BigInt((await readFile(`/sys/dev/block/${major}:${minor}/size`, 'utf8')).trim());
  } catch (cause) {
    throw new NBDError(`copy: the size of the block device ${name} is not known here`, 'ENOTSUP', { cause });
  }
}
