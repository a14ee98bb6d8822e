// Partition tables, written by sfdisk: the same as `sfdisk --json` reads, and what should be said of a GPT beside.
import { open, truncate } from 'node:fs/promises';
import { type Probe, partitions, probe, type Warning } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { run } from '../support/processes.js';
import { type SfdiskPartition, sfdisk, writeTable } from './native.js';
import { expectAsBlkid, expectPartitionsAsBlkid, newImage, probed, served } from './probed.js';

const MiB = 2 ** 20;

const gptScript = `label: gpt
start=1MiB, size=16MiB, type=U, name="EFI"
size=32MiB, type=L, name="root"
size=8MiB, type=S, attrs="RequiredPartition,LegacyBIOSBootable"
`;
const dosScript = `label: dos
start=1MiB, size=16MiB, type=c, bootable
size=32MiB, type=83
size=40MiB, type=5
size=8MiB, type=82
size=8MiB, type=83
size=8MiB, type=83
`;

/** Expects the partitions that sfdisk reads, field by field. */
async function expectAsSfdisk(found: Probe, image: string, ...options: string[]): Promise<void> {
  const table = await sfdisk(image, ...options);
  expect([found.table?.type, found.table?.id]).toEqual([table.label, table.id.toLowerCase().replace(/^0x/, '')]);
  expect(found.sectorSize).toBe(table.sectorsize);
  const unit = BigInt(table.sectorsize);
  const numbered = ({ node }: SfdiskPartition) => Number(node.slice(image.length));
  const theirs = (table.partitions ?? []).map((partition) => ({
    number: numbered(partition),
    start: BigInt(partition.start) * unit,
    size: BigInt(partition.size) * unit,
    type: table.label === 'gpt' ? partition.type.toLowerCase() : `0x${partition.type}`,
    name: partition.name,
    uuid: table.label === 'gpt' ? partition.uuid?.toLowerCase() : undefined,
    bootable: partition.bootable ?? false,
  }));
  const ours = found.partitions.map(({ number, start, size, type, name, uuid, flags, extended }) => ({
    number,
    start,
    // libblkid shows of an extended partition only where it is: the kernel gives it two sectors as well.
    size: extended ? theirs.find((other) => other.number === number)?.size : size,
    type,
    name,
    uuid: table.label === 'gpt' ? uuid : undefined,
    bootable: table.label !== 'gpt' && flags === 0x80n,
  }));
  expect(ours).toEqual(theirs);
}

const codes = (warnings: readonly Warning[]) => warnings.map(({ code }) => code);

async function gptImage(size = 64 * MiB, ...options: string[]): Promise<string> {
  const image = await newImage(size);
  await writeTable(image, gptScript, ...options);
  return image;
}

/** Writes bytes over what is in an image. */
async function overwrite(image: string, at: number, bytes: Uint8Array): Promise<void> {
  const file = await open(image, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
}

async function readBytes(image: string, at: number, count: number): Promise<Buffer> {
  const file = await open(image, 'r');
  const { buffer } = await file.read(Buffer.alloc(count), 0, count, at);
  await file.close();
  return buffer;
}

test('a GPT', async () => {
  const image = await gptImage();
  await run('sh', '-c', 'PATH=/usr/sbin:$PATH mkfs.ext4 -q -F -L root -E offset=17825792 "$1" 32M', 'sh', image);
  const found = await probed(image);
  await expectAsBlkid(found, image);
  await expectAsSfdisk(found, image);
  await expectPartitionsAsBlkid(found, image);
  expect(found.partitions.map(({ typeName }) => typeName)).toEqual(['EFI System', 'Linux filesystem', 'Linux swap']);
  expect(found.partitions[1]?.content).toMatchObject({ type: 'ext4', label: 'root', offset: 17825792n + 1080n });
  expect(found.partitions[2]?.flags).toBe(0b101n);
  expect(found.warnings).toEqual([]);
  expect(found.table?.checks).toEqual({
    primary: { header: 'ok', entries: 'ok', offset: 512n },
    backup: { header: 'ok', entries: 'ok', offset: BigInt(64 * MiB - 512) },
    isBackupAtEnd: true,
    agree: true,
    isHybrid: false,
  });
});

test('partitions() lists the same, and reads less', async () => {
  const image = await gptImage();
  const nbd = await served('file', image);
  const listed = await partitions(nbd);
  const found = await probed(image);
  expect(listed.partitions).toEqual(found.partitions.map(({ content: _, ...partition }) => partition));
  expect(listed.table).toEqual(found.table);
  expect(listed.reads.requests).toBeLessThan(found.reads.requests);
  expect(listed).not.toHaveProperty('content');
});

test('an MBR with logical partitions', async () => {
  const image = await newImage(128 * MiB);
  await writeTable(image, dosScript);
  const found = await probed(image);
  await expectAsBlkid(found, image);
  await expectAsSfdisk(found, image);
  await expectPartitionsAsBlkid(found, image);
  const kinds = found.partitions.map(({ extended, logical }) => (extended ? 'extended' : logical ? 'logical' : 'primary'));
  expect(kinds).toEqual(['primary', 'primary', 'extended', 'primary', 'logical', 'logical']);
  expect(found.warnings).toEqual([]);
});

describe('sectors of 4096 bytes', () => {
  const sector = ['--sector-size', '4096'];

  test.for(['a GPT says it itself', 'the option says it'])('%s', async (name) => {
    const image = await gptImage(128 * MiB, ...sector);
    const found = await probed(image, name === 'the option says it' ? { sectorSize: 4096 } : {});
    await expectAsSfdisk(found, image, ...sector);
    expect(found.warnings).toEqual([]);
  });

  test('the server’s minimum block says it of an MBR', async () => {
    const image = await newImage(128 * MiB);
    await writeTable(image, dosScript, ...sector);
    const policy = ['blocksize-minimum=4096', 'blocksize-preferred=4096', 'blocksize-maximum=1M', 'blocksize-error-policy=error'];
    const found = await probe(await served('--filter=blocksize-policy', 'file', image, ...policy));
    await expectAsSfdisk(found, image, ...sector);
  });

  test('a GPT of sectors of 512 bytes on a server with a minimum of 4096 is one of 512', async () => {
    const image = await gptImage();
    const policy = ['blocksize-minimum=4096', 'blocksize-preferred=4096', 'blocksize-maximum=1M', 'blocksize-error-policy=error'];
    const found = await probe(await served('--filter=blocksize-policy', 'file', image, ...policy));
    await expectAsSfdisk(found, image);
  });
});

describe('a GPT', () => {
  const end = 64 * MiB;
  const garbage = new Uint8Array(512).fill(0x5a);

  const damages: [name: string, damage: (image: string) => Promise<void>, expected: string[]][] = [
    ['whose backup header is gone', (image) => overwrite(image, end - 512, garbage), ['gpt-backup-missing']],
    [
      'whose backup header is damaged',
      (image) => overwrite(image, end - 512 + 50, garbage.subarray(0, 1)),
      ['gpt-backup-damaged'],
    ],
    ['whose backup entries are damaged', (image) => overwrite(image, end - 33 * 512, garbage), ['gpt-backup-entries-damaged']],
    ['whose primary header is gone', (image) => overwrite(image, 512, garbage), ['gpt-primary-missing']],
    ['whose primary header is damaged', (image) => overwrite(image, 512 + 50, garbage.subarray(0, 1)), ['gpt-primary-damaged']],
    ['whose primary entries are damaged', (image) => overwrite(image, 1024, garbage), ['gpt-primary-entries-damaged']],
    ['whose disk was grown', (image) => truncate(image, 2 * end), ['gpt-backup-not-at-end']],
  ];
  test.for(damages)('%s', async ([, damage, expected]) => {
    const image = await gptImage(end);
    const before = await probed(image);
    await damage(image);
    const found = await probed(image);
    expect(codes(found.warnings)).toEqual(expected);
    expect(found.warnings.every(({ offset, length }) => offset !== undefined && length !== undefined)).toBe(true);
    expect(found.partitions).toEqual(before.partitions);
    await expectAsSfdisk(found, image);
    await expectAsBlkid(found, image);
  });

  test('whose disk was shrunk: libblkid takes no copy of it', async () => {
    const image = await gptImage(end);
    await truncate(image, end - MiB);
    const found = await probed(image);
    expect(codes(found.warnings)).toEqual(['gpt-primary-damaged', 'gpt-backup-missing']);
    expect(found.table?.type).not.toBe('gpt');
    await expectAsBlkid(found, image);
  });

  test('whose copies are of different times', async () => {
    const image = await gptImage(end);
    const old = await readBytes(image, end - 33 * 512, 33 * 512);
    await writeTable(image, gptScript.replace('"root"', '"other"'));
    await overwrite(image, end - 33 * 512, old);
    const found = await probed(image);
    expect(codes(found.warnings)).toEqual(['gpt-copies-differ']);
    expect(found.table?.checks?.agree).toBe(false);
  });

  test('with a hybrid MBR', async () => {
    const image = await gptImage(end);
    // A second entry, as gdisk makes it: type 0x83 at sector 34816, of 65536 sectors.
    const entry = Buffer.from('00feffff83feffff0088000000000100', 'hex');
    await overwrite(image, 446 + 16, entry);
    const found = await probed(image);
    expect(codes(found.warnings)).toEqual(['gpt-hybrid-mbr']);
    expect(found.table).toMatchObject({ type: 'gpt', checks: { isHybrid: true } });
    await expectAsBlkid(found, image);
  });

  test('without its protective MBR', async () => {
    const image = await gptImage(end);
    await overwrite(image, 0, new Uint8Array(512));
    const found = await probed(image);
    expect(codes(found.warnings)).toEqual(['gpt-protective-mbr-missing']);
    expect(found.table).toBeUndefined();
    await expectAsBlkid(found, image);
  });
});
