// The tables that say where partitions are. Names: MBR as the Linux kernel's include/linux/msdos_partition.h, GPT as the UEFI specification, chapter 5.
import { times } from './fields.js';

const mbrTypes =
  '0x00=empty 0x01=FAT12 0x05=extended 0x06=FAT16 0x07=NTFS_or_exFAT 0x0b=FAT32 0x0c=FAT32_LBA 0x0e=FAT16_LBA 0x0f=extended_LBA ' +
  '0x82=Linux_swap 0x83=Linux 0x85=Linux_extended 0x8e=Linux_LVM 0xa5=FreeBSD 0xa6=OpenBSD 0xa8=Darwin_UFS 0xab=Darwin_boot ' +
  '0xaf=HFS 0xbf=Solaris 0xee=GPT_protective 0xef=EFI_system 0xfb=VMware_VMFS 0xfd=Linux_raid';

const mbrEntry = `
  u8x boot_ind 0x00=not_bootable 0x80=bootable
  u8 head
  u8 sector
  u8 cyl
  u8x sys_ind ${mbrTypes}
  u8 end_head
  u8 end_sector
  u8 end_cyl
  lba32 start_sect
  lba32 nr_sects`;

export const mbr = `
  b440 boot_code
  u32x disk_signature
  u16x reserved 0x5a5a=copy_protected
  ${times(4, (index) => `partition_${index + 1}`, mbrEntry)}
  u16x signature`;

export const ebr = `
  b440 unused
  @446 ${times(1, () => 'logical_partition', mbrEntry).trimStart()}
  ${times(1, () => 'next_record', mbrEntry)}
  @510 u16x signature`;

export const gptHeader = `
  c8 Signature
  u32x Revision
  u32 HeaderSize
  u32x HeaderCRC32
  u32 Reserved
  lba64 MyLBA
  lba64 AlternateLBA
  lba64 FirstUsableLBA
  lba64 LastUsableLBA
  guid DiskGUID
  lba64 PartitionEntryLBA
  u32 NumberOfPartitionEntries
  u32 SizeOfPartitionEntry
  u32x PartitionEntryArrayCRC32`;

export const gptEntry = `
  guid PartitionTypeGUID
  guid UniquePartitionGUID
  lba64 StartingLBA
  lba64 EndingLBA
  u64x Attributes |1=required |2=no_block_IO |4=legacy_BIOS_bootable |0x1000000000000000=read-only |0x4000000000000000=hidden |0x8000000000000000=no_drive_letter
  w36 PartitionName`;
