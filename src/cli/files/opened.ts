// What ls, cat and cp have in common: a file system of a disk, and a path in it.
import { type FileSystem, fileSystem, type NBD, partitions } from '../../node.js';
import type { Operand } from '../command.js';
import { complain } from '../printing/output.js';
import { shownOperand, targetOf, withConnection } from '../servers/connect.js';
import { type Limits, limitsOf, type Patience } from '../servers/patience.js';
import { UsageError } from '../usage.js';

export const pathHelp = `PATH is a path in the disk's file system, as on a machine that has it as its root. Where the disk has partitions, the number of one comes
before it: 2:/etc/fstab. libnbd-wasm info --partitions lists them. What is read: ext2, ext3, ext4, NTFS, HFS+, squashfs, ISO 9660,
UDF and FAT.`;

/** A path, and the number of the partition that it is in. */
export interface DiskPath {
  readonly partition: number | undefined;
  readonly path: string;
}

export function diskPath(word: Operand | undefined): DiskPath {
  if (typeof word !== 'string') throw new UsageError('a path in the disk is expected after the URI, such as / or 2:/etc');
  const [, number, path] = /^(\d{1,5}):(.*)$/s.exec(word) ?? [];
  return number === undefined || path === undefined
    ? { partition: undefined, path: word }
    : { partition: Number(number), path: path || '/' };
}

export function noMore(operands: readonly Operand[]): void {
  if (operands.length > 0) throw new UsageError(`there is more than is expected: ${operands.map(shownOperand).join(' ')}`);
}

/** Opens the file system that a path is in, and does the work with it. */
export async function withFiles(
  disk: Operand | undefined,
  { partition }: DiskPath,
  options: { readonly timeout: string | undefined },
  work: (files: FileSystem, patience: Patience) => Promise<number>,
): Promise<number> {
  const target = targetOf(disk === undefined ? [] : [disk]);
  const limits: Limits = limitsOf(options);
  return withConnection(
    target,
    limits,
    () => {},
    async (nbd, patience) => {
      patience.setLimit(limits.data);
      const files = await open(nbd, partition, patience);
      for (const warning of files.info.warnings) complain(`the ${files.info.type}: ${warning}`);
      return work(files, patience);
    },
  );
}

async function open(nbd: NBD, number: number | undefined, { signal }: Patience): Promise<FileSystem> {
  if (number === undefined) return fileSystem(nbd, { signal });
  const found = (await partitions(nbd, { signal })).partitions;
  const partition = found.find((one) => one.number === number);
  if (partition !== undefined) return fileSystem(nbd, { partition, signal });
  const numbers = found.length === 0 ? 'it has none' : `it has ${found.map((one) => one.number).join(', ')}`;
  throw new Error(`there is no partition ${number} on the disk: ${numbers}`);
}
