// What a user should know of a GPT: which copy is damaged, whether the disk was grown, whether the MBR has partitions of its own.
import { NBDError } from '../base/errors.js';
import { checkCopy, type GptCopy, hasSignature, lastSector, offsetOf, readSectors, type Sectors } from './gpt.js';
import type { GptChecks, GptHeaderCheck, Warning } from './types.js';

export interface GptReport {
  readonly checks: GptChecks;
  readonly warnings: readonly Warning[];
}

/** Checks the GPT of a disk; undefined where there is no trace of one. */
export async function checkGpt(sectors: Sectors): Promise<GptReport | undefined> {
  const last = lastSector(sectors);
  if (last < 2n) return undefined;
  const primary = await checkCopy(sectors, 1n);
  const isAlternateKnown = primary.alternate !== undefined && primary.alternate <= last;
  const backup = await checkCopy(sectors, primary.alternate ?? last);
  const other = isAlternateKnown || backup.header === 'ok' ? undefined : await checkCopy(sectors, last);
  const found = other?.header === 'ok' ? other : backup;
  if (!hasTrace(primary) && !hasTrace(found)) return undefined;
  const mbr = await protectiveMbr(sectors);
  const isWhole = primary.entries === 'ok' && found.entries === 'ok';
  const checks: GptChecks = {
    primary: checkOf(primary),
    backup: checkOf(found),
    isBackupAtEnd: found.header === 'ok' && found.offset === offsetOf(sectors, last),
    ...(isWhole ? { agree: primary.common === found.common } : {}),
    isHybrid: mbr === 'hybrid',
  };
  const warnings = [
    ...copyWarnings('primary', primary, sectors),
    ...copyWarnings('backup', found, sectors),
    ...placeWarnings(checks, found, sectors),
    ...mbrWarnings(mbr, sectors),
  ];
  return { checks, warnings };
}

const hasTrace = ({ header }: GptCopy): boolean => header === 'ok' || header === 'damaged';

const checkOf = ({ header, entries, offset }: GptCopy): GptHeaderCheck => ({
  header,
  ...(entries === undefined ? {} : { entries }),
  offset,
});

function copyWarnings(name: 'primary' | 'backup', copy: GptCopy, { sectorSize }: Sectors): Warning[] {
  const { header, entries, offset, entriesAt, why } = copy;
  if (header !== 'ok') {
    const message = `the ${name} header of the GPT, at offset ${offset}, is ${header}: ${why}`;
    return [{ code: `gpt-${name}-${header}`, message, offset, length: BigInt(sectorSize) }];
  }
  if (entries === 'ok' || entriesAt === undefined) return [];
  const message = `the ${name} entries of the GPT, at offset ${entriesAt.offset}, are ${entries}: ${why}`;
  return [{ code: `gpt-${name}-entries-${entries}`, message, ...entriesAt }];
}

function placeWarnings(checks: GptChecks, backup: GptCopy, sectors: Sectors): Warning[] {
  const warnings: Warning[] = [];
  const length = BigInt(sectors.sectorSize);
  if (backup.header === 'ok' && !checks.isBackupAtEnd) {
    const end = offsetOf(sectors, lastSector(sectors));
    const message = `the backup header of the GPT is at offset ${backup.offset}, and not in the last sector, at ${end}: the disk was grown`;
    warnings.push({ code: 'gpt-backup-not-at-end', message, offset: backup.offset, length });
  }
  if (checks.agree === false) {
    const message = `both copies of the GPT are whole, and differ: the backup, at offset ${backup.offset}, is of another time`;
    warnings.push({ code: 'gpt-copies-differ', message, offset: backup.offset, length });
  }
  return warnings;
}

type Mbr = 'protective' | 'hybrid' | 'other' | 'unreadable';

async function protectiveMbr(sectors: Sectors): Promise<Mbr> {
  const mbr = await readSectors(sectors, 0n, sectors.sectorSize);
  if (mbr instanceof NBDError) return 'unreadable';
  if (mbr.getUint16(510, true) !== 0xaa55) return 'other';
  const types = [0, 1, 2, 3].map((index) => mbr.getUint8(446 + 16 * index + 4)).filter((type) => type !== 0);
  if (!types.includes(0xee)) return 'other';
  return types.every((type) => type === 0xee) ? 'protective' : 'hybrid';
}

function mbrWarnings(mbr: Mbr, sectors: Sectors): Warning[] {
  const place = { offset: offsetOf(sectors, 0n), length: 512n };
  if (mbr === 'hybrid') {
    const message = 'the MBR is hybrid: it has partitions of its own beside the GPT, and not every system looks at the same ones';
    return [{ code: 'gpt-hybrid-mbr', message, ...place }];
  }
  if (mbr === 'other') {
    const message = 'there is a GPT, and no protective MBR that says so: libblkid and Linux do not take the GPT';
    return [{ code: 'gpt-protective-mbr-missing', message, ...place }];
  }
  return [];
}

/** Which of two sizes of sectors a GPT says that the disk has; undefined where there is no GPT, or one of each. */
export async function sectorSizeOfGpt(sectors: Omit<Sectors, 'sectorSize'>): Promise<number | undefined> {
  const has = await Promise.all(
    [512, 4096].map(async (sectorSize) => {
      const sized: Sectors = { ...sectors, sectorSize };
      if (lastSector(sized) < 2n) return false;
      const headers = await Promise.all([1n, lastSector(sized)].map((sector) => readSectors(sized, sector, 512)));
      return headers.some((header) => header instanceof DataView && hasSignature(header));
    }),
  );
  if (has[0] === has[1]) return undefined;
  return has[0] ? 512 : 4096;
}
