// What is on a disk where no engine can read files: the error that says what it is, and what can be done.
import { NBDError } from '../base/errors.js';
import type { Content } from '../probe/types.js';

/** Something that makes the disk with the files out of this one, and perhaps of others. */
interface Outer {
  readonly what: string;
  /** Makes that disk, on a machine that has all of them. */
  readonly command?: string;
}

/** By libblkid's types. */
const outers: ReadonlyMap<string, Outer> = new Map<string, Outer>([
  ['crypto_LUKS', { what: 'encrypted by LUKS', command: 'cryptsetup open' }],
  ['BitLocker', { what: 'encrypted by BitLocker', command: 'cryptsetup open --type bitlk' }],
  ['LVM2_member', { what: 'a physical volume of LVM, with pieces of logical volumes', command: 'vgchange --activate y' }],
  ['LVM1_member', { what: 'a physical volume of LVM 1, with pieces of logical volumes' }],
  ['linux_raid_member', { what: 'a member of a RAID of Linux', command: 'mdadm --assemble' }],
]);

/** Of others it is known what they are for. */
const usages: Partial<Record<Content['usage'], Outer>> = {
  crypto: { what: 'encrypted' },
  raid: { what: 'a member of a RAID, or of another volume of several disks' },
};

/**
 * The error for a disk, or a partition, that no engine reads.
 *
 * @param known The types that can be read.
 */
export function unreadable(type: string | undefined, usage: Content['usage'] | undefined, known: readonly string[]): NBDError {
  const outer = type === undefined ? undefined : (outers.get(type) ?? (usage && usages[usage]));
  if (outer !== undefined) {
    const by = outer.command === undefined ? '' : ` (${outer.command})`;
    const text = `this is ${outer.what} (${type}): there are no files to read. Serve the disk that is made of it${by}, and open that`;
    return new NBDError(`fileSystem: ${text}`, 'ENOTSUP');
  }
  const what = type === undefined ? 'there is no file system that libblkid knows' : `no engine reads ${type}`;
  return new NBDError(`fileSystem: ${what}. What can be read: ${known.join(', ')}`, 'ENOTSUP');
}
