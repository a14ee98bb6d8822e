// Disks for the page: images with partition tables and file systems that Debian's own tools make, and what sfdisk and blkid say of them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import type { Content, Partition, Probe, Warning } from '../../src/probe/types.js';
import { run, temporaryFolder } from '../support/processes.js';

const MiB = 1024 * 1024;

/** A GPT of 64 MiB with an EFI system partition, an ext4 `root`, a swap partition, and free space behind. The path of the image. */
export async function gptImage(): Promise<string> {
  const folder = await temporaryFolder();
  const image = join(folder, 'gpt.img');
  const script = join(folder, 'table');
  const lines = [
    'label: gpt',
    'label-id: 6C9E3F0A-2B6D-4C57-9D1E-0D6B5E1F7A11',
    'start=1MiB, size=16MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=11111111-2222-4333-8444-555555555501, name="EFI system"',
    'start=17MiB, size=24MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=11111111-2222-4333-8444-555555555502, name="root"',
    'start=48MiB, size=8MiB, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, uuid=11111111-2222-4333-8444-555555555503, name="swap"',
  ];
  await writeFile(script, `${lines.join('\n')}\n`);
  await run('truncate', '-s', String(64 * MiB), image);
  await run('sh', '-c', 'sfdisk --quiet "$1" < "$2"', 'sh', image, script);
  await run('mkfs.fat', '--invariant', '-n', 'EFI', '--offset', String((1 * MiB) / 512), image, String((16 * MiB) / 1024));
  await run('mkfs.ext4', '-q', '-F', '-L', 'root', '-E', `offset=${17 * MiB}`, image, '24M');
  const swap = join(folder, 'swap');
  await run('truncate', '-s', String(8 * MiB), swap);
  await run('mkswap', '-q', '-L', 'swap', swap);
  await run('dd', `if=${swap}`, `of=${image}`, 'bs=1M', 'seek=48', 'conv=notrunc,sparse', 'status=none');
  return image;
}

interface Table {
  label: string;
  id: string;
  sectorsize: number;
  partitions?: { start: number; size: number; type: string; uuid?: string; name?: string; bootable?: boolean }[];
}

/** What sfdisk and blkid say of an image, in the shape of a probe. */
export async function nativeProbe(image: string, warnings: Warning[] = []): Promise<Probe> {
  const size = BigInt(String(await run('stat', '--format=%s', image)).trim());
  const { partitiontable: table } = JSON.parse(String(await run('sfdisk', '--json', image))) as { partitiontable: Table };
  const sector = BigInt(table.sectorsize);
  const partitions = await Promise.all(
    (table.partitions ?? []).map(async ({ start, size, type, uuid, name }, index): Promise<Partition> => {
      const offset = BigInt(start) * sector;
      const content = await blkid(image, offset, BigInt(size) * sector);
      return {
        number: index + 1,
        start: offset,
        size: BigInt(size) * sector,
        type: type.toLowerCase(),
        ...(uuid === undefined ? {} : { uuid: uuid.toLowerCase() }),
        ...(name === undefined ? {} : { name }),
        ...(content === undefined ? {} : { content }),
        flags: 0n,
        scheme: table.label,
        warnings: [],
      };
    }),
  );
  return {
    size,
    sectorSize: table.sectorsize,
    ambivalent: false,
    table: { type: table.label, id: table.id.toLowerCase(), offset: 512n },
    partitions,
    warnings,
    reads: { requests: 0, bytes: 0 },
  };
}

async function blkid(image: string, offset: bigint, size: bigint): Promise<Content | undefined> {
  const output = await run('blkid', '-p', '-o', 'export', `--offset=${offset}`, `--size=${size}`, image).catch(() => ''); // finds nothing
  const text = String(output);
  const all = Object.fromEntries(
    text.split('\n').flatMap((line) => (line.includes('=') ? [line.split(/=(.*)/s).slice(0, 2)] : [])),
  );
  delete all.DEVNAME;
  if (all.TYPE === undefined) return undefined;
  return {
    usage: all.USAGE as Content['usage'],
    type: all.TYPE,
    ...(all.LABEL === undefined ? {} : { label: all.LABEL }),
    ...(all.UUID === undefined ? {} : { uuid: all.UUID }),
    ...(all.VERSION === undefined ? {} : { version: all.VERSION }),
    ...(all.BLOCK_SIZE === undefined ? {} : { blockSize: Number(all.BLOCK_SIZE) }),
    ...(all.FSSIZE === undefined ? {} : { size: BigInt(all.FSSIZE) }),
    offset,
    ambivalent: false,
    all,
  };
}

/** Gives the page a probe that finds this. */
export async function giveProbe(page: Page, probe: Probe): Promise<void> {
  const text = JSON.stringify(probe, (_, value: unknown) => (typeof value === 'bigint' ? { bigint: String(value) } : value));
  await page.evaluate((text) => {
    const revive = (_: string, value: unknown) => {
      const isBig = typeof value === 'object' && value !== null && 'bigint' in value;
      return isBig ? BigInt(value.bigint as string) : value;
    };
    const element = document.querySelector('nbd-page') as unknown as { probe: () => Promise<unknown> };
    element.probe = async () => JSON.parse(text, revive);
  }, text);
}
