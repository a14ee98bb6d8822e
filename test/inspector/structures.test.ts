// The tables of structures, held against what the tools of each kind say of images that they made.
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Layout, type Structure, structuresAt, structuresIn } from '../../src/inspector/hex/structures/structures.js';
import { run, temporaryFolder } from '../support/processes.js';

const MiB = 2 ** 20;

/** An image that a command of the shell makes; `$image` is its path, in a folder of its own. */
async function made(size: number, command: string): Promise<string> {
  const image = join(await temporaryFolder(), 'image');
  await run('truncate', '-s', String(size), image);
  await run('env', `image=${image}`, 'sh', '-ec', command);
  return image;
}

/** What a tool prints. */
const said = async (...argv: [string, ...string[]]): Promise<string> => String(await run(...argv));

async function structuresOf(
  image: string,
  range: { offset: bigint; length: bigint },
  layout: Partial<Layout> = {},
): Promise<Structure[]> {
  const file = await open(image);
  onTestFinished(() => file.close());
  const size = BigInt((await file.stat()).size);
  const read = async (offset: bigint, length: number) => {
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, Number(offset));
    if (bytesRead < length) throw new Error(`${image} ends`);
    return buffer;
  };
  return structuresIn(range, { size, sectorSize: 512, partitions: [], ...layout }, read);
}

/** The fields of the one structure of a name. */
async function fieldsOf(
  image: string,
  name: string,
  length = 0x20000n,
  layout?: Partial<Layout>,
): Promise<Record<string, string>> {
  const found = await structuresOf(image, { offset: 0n, length }, layout);
  const structures = found.filter((structure) => structure.name === name);
  expect(found.map((structure) => structure.name)).toContain(name);
  return Object.fromEntries(structures[0]?.fields.map((field) => [field.name, field.value]) ?? []);
}

/** `name: value` lines of a tool, and `NAME=value` ones. */
const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^\s*([^:=]+?)\s*[:=]\s*(.*?)\s*$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value ?? '']];
    }),
  );

const blkid = async (image: string) => pairs(await said('blkid', '-p', '-o', 'export', image));

test.for(['ext2', 'ext3', 'ext4'] as const)('%s, as dumpe2fs says', async (type) => {
  const image = await made(8 * MiB, `mkfs.${type} -q -L root "$image"`);
  const fields = await fieldsOf(image, 'ext superblock');
  const told = pairs(await said('dumpe2fs', '-h', image));
  expect(fields).toMatchObject({
    s_inodes_count: told['Inode count'],
    s_blocks_count_lo: told['Block count'],
    s_free_blocks_count_lo: told['Free blocks'],
    s_free_inodes_count: told['Free inodes'],
    s_blocks_per_group: told['Blocks per group'],
    s_inodes_per_group: told['Inodes per group'],
    s_inode_size: told['Inode size'],
    s_uuid: told['Filesystem UUID'],
    s_volume_name: '"root"',
    s_magic: `0x${told['Filesystem magic number']?.slice(2).toLowerCase()}`,
    s_state: '1 (clean)',
    s_errors: '1 (continue)',
    s_first_ino: told['First inode'],
    s_reserved_gdt_blocks: told['Reserved GDT blocks'],
  });
  const features = ['s_feature_compat', 's_feature_incompat', 's_feature_ro_compat'].flatMap((name) =>
    (/\((.*)\)/.exec(fields[name] ?? '')?.[1] ?? '').split(', '),
  );
  const names = (told['Filesystem features'] ?? '').split(' ');
  expect(features.filter((name) => name !== '').sort()).toEqual(names.sort());
  if (told.Checksum) expect(Number(fields.s_checksum)).toBe(Number(told.Checksum));
});

test('XFS, as xfs_db says', async () => {
  const image = await made(320 * MiB, 'mkfs.xfs -q -L data "$image"');
  const fields = await fieldsOf(image, 'XFS superblock');
  const told = pairs(await said('xfs_db', '-r', '-c', 'sb 0', '-c', 'print', image));
  for (const name of [
    'blocksize',
    'dblocks',
    'agblocks',
    'agcount',
    'inodesize',
    'rootino',
    'logblocks',
    'sectsize',
    'icount',
    'ifree',
    'fdblocks',
    'inoalignmt',
    'spino_align',
    'imax_pct',
  ]) {
    expect([name, fields[`sb_${name}`]]).toEqual([name, told[name]]);
  }
  expect(fields.sb_uuid).toBe(told.uuid);
  expect(fields.sb_fname).toBe('"data"');
});

test('btrfs, as its own tool says', async () => {
  const image = await made(128 * MiB, 'mkfs.btrfs -q -L pool "$image"');
  const fields = await fieldsOf(image, 'btrfs superblock');
  const told = Object.fromEntries(
    (await said('btrfs', 'inspect-internal', 'dump-super', image)).split('\n').flatMap((line) => {
      const [, name, value] = /^(\S+)\s+(.*?)\s*$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  );
  for (const name of [
    'fsid',
    'generation',
    'total_bytes',
    'bytes_used',
    'sectorsize',
    'nodesize',
    'num_devices',
    'dev_item.uuid',
    'dev_item.total_bytes',
    'dev_item.devid',
  ]) {
    expect([name, fields[name]]).toEqual([name, told[name]]);
  }
  expect(fields.label).toBe('"pool"');
  expect(fields.magic).toBe('"_BHRfS_M"');
});

test.for([
  ['12', 2 * MiB, 'FAT boot sector'],
  ['16', 32 * MiB, 'FAT boot sector'],
  ['32', 64 * MiB, 'FAT32 boot sector'],
] as const)('FAT%s, as blkid and file say', async ([bits, size, name]) => {
  const image = await made(size, `mkfs.vfat -F ${bits} -n BOOT -i c0ffee11 "$image"`);
  const fields = await fieldsOf(image, name);
  expect(fields).toMatchObject({
    BS_VolLab: '"BOOT"',
    BS_VolID: '0xc0ffee11',
    BS_FilSysType: `"FAT${bits}"`,
    BPB_BytsPerSec: '512',
  });
  expect((await blkid(image)).UUID).toBe('C0FF-EE11');
  const total = fields.BPB_TotSec16 === '0' ? fields.BPB_TotSec32 : fields.BPB_TotSec16;
  expect(Number(total)).toBe(size / 512);
  if (bits === '32') expect(await fieldsOf(image, 'FAT32 FSInfo')).toMatchObject({ FSI_LeadSig: '"RRaA"' });
});

test('exFAT and NTFS, as blkid says', async () => {
  const exfat = await made(8 * MiB, 'mkfs.exfat "$image" >/dev/null');
  const serial = (await blkid(exfat)).UUID?.replace('-', '').toLowerCase();
  expect(await fieldsOf(exfat, 'exFAT boot sector')).toMatchObject({
    VolumeSerialNumber: `0x${BigInt(`0x${serial}`).toString(16)}`,
    VolumeLength: String((8 * MiB) / 512),
  });
  const ntfs = await made(8 * MiB, 'mkfs.ntfs -q -F -L win "$image" >/dev/null');
  const uuid = (await blkid(ntfs)).UUID?.toLowerCase();
  expect(await fieldsOf(ntfs, 'NTFS boot sector')).toMatchObject({
    serial_num: `0x${BigInt(`0x${uuid}`).toString(16)}`,
    bytes_per_sector: '512',
  });
});

test('ISO 9660 and squashfs, as blkid and unsquashfs say', async () => {
  const iso = await made(
    0,
    'mkdir "$image.d" && echo hello >"$image.d/file" && genisoimage -quiet -V VOLUME -o "$image" "$image.d"',
  );
  const size = String((await stat(iso)).size / 2048);
  const volume = await fieldsOf(iso, 'ISO 9660 primary volume descriptor');
  expect(volume).toMatchObject({
    volume_id: `"${(await blkid(iso)).LABEL}"`,
    logical_block_size: '2048',
    logical_block_size_be: '2048',
  });
  expect(volume.volume_space_size).toBe(size);
  expect(volume.volume_space_size_be).toBe(size);
  const squashfs = await made(
    0,
    'mkdir "$image.d" && echo hello >"$image.d/file" && mksquashfs "$image.d" "$image" -noappend -quiet -no-progress',
  );
  const superblock = await fieldsOf(squashfs, 'squashfs superblock', 96n);
  const told = await said('unsquashfs', '-s', squashfs);
  expect(told).toContain(`Block size ${superblock.block_size}`);
  expect(told).toContain(`Number of inodes ${superblock.inodes}`);
  expect(told).toContain(`Compression ${/\((.*)\)/.exec(superblock.compression ?? '')?.[1]}`);
});

test('swap, as blkid says', async () => {
  const image = await made(MiB, 'mkswap -L paging "$image" >/dev/null');
  expect(await fieldsOf(image, 'swap header')).toMatchObject({
    version: '1',
    last_page: String(MiB / 4096 - 1),
    sws_uuid: (await blkid(image)).UUID,
    sws_volume: '"paging"',
  });
  expect(await fieldsOf(image, 'swap magic')).toEqual({ magic: '"SWAPSPACE2"' });
});

test('LUKS1 and LUKS2, as cryptsetup says', async () => {
  const format = 'printf secret | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file -';
  const one = await made(8 * MiB, `${format} --type luks1 "$image"`);
  const told = pairs(await said('cryptsetup', 'luksDump', one));
  expect(await fieldsOf(one, 'LUKS1 header')).toMatchObject({
    uuid: `"${told.UUID}"`,
    'payload-offset': told['Payload offset'],
    'cipher-name': `"${told['Cipher name']}"`,
    'cipher-mode': `"${told['Cipher mode']}"`,
    'hash-spec': `"${told['Hash spec']}"`,
    'mk-digest-iter': told['MK iterations'],
    'key-slot-0.active': '0xac71f3 (enabled)',
    'key-slot-7.active': '0xdead (disabled)',
  });
  const two = await made(32 * MiB, `${format} --type luks2 --label vault "$image"`);
  const dump = pairs(await said('cryptsetup', 'luksDump', two));
  expect(await fieldsOf(two, 'LUKS2 header')).toMatchObject({
    uuid: `"${dump.UUID}"`,
    label: '"vault"',
    seqid: dump.Epoch,
    hdr_size: '16384',
  });
  const headers = await structuresOf(two, { offset: 0n, length: 0x10000n });
  expect(headers.map(({ name, offset }) => [name, offset])).toEqual([
    ['LUKS2 header', 0n],
    ['LUKS2 header', 0x4000n],
  ]);
});

test('qcow2, as qemu-img says', async () => {
  const image = await made(0, 'qemu-img create -q -f qcow2 -o cluster_size=32k "$image" 100M');
  const told = JSON.parse(await said('qemu-img', 'info', '--output=json', image));
  expect(await fieldsOf(image, 'qcow2 header', 112n)).toMatchObject({
    version: '3',
    size: String(told['virtual-size']),
    cluster_bits: String(Math.log2(told['cluster-size'])),
    compression_type: `0 (${told['format-specific'].data['compression-type']})`,
  });
});

describe('partition tables, as sfdisk says', () => {
  interface Told {
    partitiontable: { id: string; partitions: { start: number; size: number; type: string; uuid?: string; name?: string }[] };
  }
  const dump = async (image: string) => JSON.parse(await said('sfdisk', '--json', image)) as Told;
  const partition = (number: number, start: number, size: number, more = {}) => ({
    number,
    start: BigInt(start) * 512n,
    size: BigInt(size) * 512n,
    type: '',
    flags: 0n,
    scheme: '',
    warnings: [],
    ...more,
  });

  test('a GPT, with both headers and the entries of both', async () => {
    const image = await made(
      32 * MiB,
      `printf 'label: gpt\\nsize=8M, type=U, name=EFI\\nsize=16M, type=L, name=Grüße\\n' | sfdisk -q "$image"`,
    );
    const { id, partitions } = (await dump(image)).partitiontable;
    const header = await fieldsOf(image, 'GPT header');
    expect(header).toMatchObject({ Signature: '"EFI PART"', DiskGUID: id.toLowerCase(), NumberOfPartitionEntries: '128' });
    const entries = await structuresOf(image, { offset: 1024n, length: 256n });
    for (const [index, { start, size, type, uuid, name }] of partitions.entries()) {
      expect(entries[index]?.name).toBe(`GPT entry ${index + 1}`);
      expect(Object.fromEntries(entries[index]?.fields.map((field) => [field.name, field.value]) ?? [])).toMatchObject({
        PartitionTypeGUID: type.toLowerCase(),
        UniquePartitionGUID: uuid?.toLowerCase(),
        StartingLBA: `${start} (0x${(start * 512).toString(16)})`,
        EndingLBA: `${start + size - 1} (0x${((start + size - 1) * 512).toString(16)})`,
        PartitionName: `"${name}"`,
      });
    }
    const end = await structuresOf(image, { offset: BigInt(32 * MiB - 512), length: 512n });
    expect(end.map(({ name }) => name)).toEqual(['backup GPT header']);
    const backup = await structuresOf(image, { offset: BigInt(32 * MiB - 33 * 512), length: 128n });
    expect(backup.map(({ name }) => name)).toEqual(['backup GPT entry 1']);
    expect((await fieldsOf(image, 'MBR', 512n))['partition_1.sys_ind']).toBe('0xee (GPT protective)');
  });

  test('an MBR, with a chain of logical partitions, and one that is a loop', async () => {
    const script =
      'label: dos\\nlabel-id: 0x12345678\\nsize=4M, type=83, bootable\\nsize=20M, type=5\\n/x5: size=4M, type=83\\n/x6: size=4M, type=82\\n';
    const image = await made(32 * MiB, `printf '${script}' | sfdisk -q "$image"`);
    const [first, extended, ...logical] = (await dump(image)).partitiontable.partitions;
    expect(await fieldsOf(image, 'MBR', 512n)).toMatchObject({
      disk_signature: '0x12345678',
      'partition_1.boot_ind': '0x80 (bootable)',
      'partition_1.start_sect': `${first?.start} (0x${((first?.start ?? 0) * 512).toString(16)})`,
      'partition_1.nr_sects': `${first?.size} (0x${((first?.size ?? 0) * 512).toString(16)})`,
      'partition_2.sys_ind': '0x05 (extended)',
      signature: '0xaa55',
    });
    const start = extended?.start ?? 0;
    const partitions = [partition(2, start, extended?.size ?? 0, { extended: true })];
    const range = { offset: BigInt(start) * 512n, length: BigInt(20 * MiB) };
    const records = await structuresOf(image, range, { partitions });
    expect(records.map(({ name }) => name)).toEqual(['EBR 1', 'EBR 2']);
    for (const [index, record] of records.entries()) {
      const size = record.fields.find(({ name }) => name === 'logical_partition.nr_sects')?.value;
      expect(size).toMatch(new RegExp(`^${logical[index]?.size} `));
    }
    const file = await open(image, 'r+');
    const loop = new Uint8Array([Number(((records[1]?.offset ?? 0n) / 512n - BigInt(start)) & 0xffn)]);
    await file.write(loop, 0, 1, Number(records[1]?.offset) + 470);
    await file.close();
    const looped = await structuresOf(image, range, { partitions });
    expect(looped.length).toBeLessThanOrEqual(256);
  });

  test('a structure in a partition says in which, and names the field at an offset', async () => {
    const image = await made(16 * MiB, 'mkfs.ext4 -q -E offset=4194304 -L inner "$image" 8M 2>&1');
    const layout = { size: BigInt(16 * MiB), sectorSize: 512, partitions: [partition(7, 8192, 16384)] };
    const file = await open(image);
    const read = async (offset: bigint, length: number) =>
      (await file.read(new Uint8Array(length), 0, length, Number(offset))).buffer;
    const [found] = await structuresAt(4194304n + 1024n + 0x7an, layout, read);
    await file.close();
    expect(found?.structure).toMatchObject({ name: 'ext superblock', partition: 7, offset: 4194304n + 1024n });
    expect(found?.field).toMatchObject({ name: 's_volume_name', value: '"inner"' });
  });
});

test('nothing is named where no magic stands, or where nothing can be read', async () => {
  const image = await made(MiB, ':');
  expect(await structuresOf(image, { offset: 0n, length: BigInt(MiB) })).toEqual([]);
  const failing = async () => {
    throw new Error('EIO');
  };
  expect(await structuresIn({ offset: 0n, length: 4096n }, { size: 4096n, sectorSize: 512, partitions: [] }, failing)).toEqual(
    [],
  );
});
