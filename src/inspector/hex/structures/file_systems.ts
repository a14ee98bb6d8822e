// Superblocks of file systems. Names are those of the Linux kernel's headers or of the specification that is named.

/** struct ext4_super_block, fs/ext4/ext4.h. */
export const ext = `
  u32 s_inodes_count
  u32 s_blocks_count_lo
  u32 s_r_blocks_count_lo
  u32 s_free_blocks_count_lo
  u32 s_free_inodes_count
  u32 s_first_data_block
  u32 s_log_block_size 0=1024_bytes 1=2048_bytes 2=4096_bytes 4=16384_bytes 6=65536_bytes
  u32 s_log_cluster_size
  u32 s_blocks_per_group
  u32 s_clusters_per_group
  u32 s_inodes_per_group
  t32 s_mtime
  t32 s_wtime
  u16 s_mnt_count
  i16 s_max_mnt_count
  u16x s_magic
  u16 s_state |1=clean |2=errors |4=orphans
  u16 s_errors 1=continue 2=remount_read-only 3=panic
  u16 s_minor_rev_level
  t32 s_lastcheck
  u32 s_checkinterval
  u32 s_creator_os 0=Linux 1=Hurd 2=Masix 3=FreeBSD 4=Lites
  u32 s_rev_level 0=original 1=dynamic
  u16 s_def_resuid
  u16 s_def_resgid
  u32 s_first_ino
  u16 s_inode_size
  u16 s_block_group_nr
  u32x s_feature_compat |1=dir_prealloc |2=imagic_inodes |4=has_journal |8=ext_attr |0x10=resize_inode |0x20=dir_index |0x200=sparse_super2 |0x400=fast_commit |0x800=stable_inodes |0x1000=orphan_file
  u32x s_feature_incompat |1=compression |2=filetype |4=needs_recovery |8=journal_dev |0x10=meta_bg |0x40=extent |0x80=64bit |0x100=mmp |0x200=flex_bg |0x400=ea_inode |0x1000=dirdata |0x2000=metadata_csum_seed |0x4000=large_dir |0x8000=inline_data |0x10000=encrypt |0x20000=casefold
  u32x s_feature_ro_compat |1=sparse_super |2=large_file |8=huge_file |0x10=uninit_bg |0x20=dir_nlink |0x40=extra_isize |0x100=quota |0x200=bigalloc |0x400=metadata_csum |0x1000=read-only |0x2000=project |0x8000=verity |0x10000=orphan_present
  uuid s_uuid
  c16 s_volume_name
  c64 s_last_mounted
  u32x s_algorithm_usage_bitmap
  u8 s_prealloc_blocks
  u8 s_prealloc_dir_blocks
  u16 s_reserved_gdt_blocks
  uuid s_journal_uuid
  u32 s_journal_inum
  u32 s_journal_dev
  u32 s_last_orphan
  b16 s_hash_seed
  u8 s_def_hash_version 0=legacy 1=half_MD4 2=tea
  u8 s_jnl_backup_type
  u16 s_desc_size
  u32x s_default_mount_opts
  u32 s_first_meta_bg
  t32 s_mkfs_time
  b68 s_jnl_blocks
  u32 s_blocks_count_hi
  u32 s_r_blocks_count_hi
  u32 s_free_blocks_count_hi
  u16 s_min_extra_isize
  u16 s_want_extra_isize
  u32x s_flags
  u16 s_raid_stride
  u16 s_mmp_update_interval
  u64 s_mmp_block
  u32 s_raid_stripe_width
  u8 s_log_groups_per_flex
  u8 s_checksum_type 1=crc32c
  u8 s_encryption_level
  @0x178 u64 s_kbytes_written
  @0x194 u32 s_error_count
  t32 s_first_error_time
  @0x1cc t32 s_last_error_time
  @0x200 c64 s_mount_opts
  u32 s_usr_quota_inum
  u32 s_grp_quota_inum
  @0x270 u32x s_checksum_seed
  @0x3fc u32x s_checksum`;

/** struct xfs_dsb, fs/xfs/libxfs/xfs_format.h: all of it big-endian. */
export const xfs = `
  c4 sb_magicnum
  u32be sb_blocksize
  u64be sb_dblocks
  u64be sb_rblocks
  u64be sb_rextents
  uuid sb_uuid
  u64be sb_logstart
  u64be sb_rootino
  u64be sb_rbmino
  u64be sb_rsumino
  u32be sb_rextsize
  u32be sb_agblocks
  u32be sb_agcount
  u32be sb_rbmblocks
  u32be sb_logblocks
  u16bex sb_versionnum
  u16be sb_sectsize
  u16be sb_inodesize
  u16be sb_inopblock
  c12 sb_fname
  u8 sb_blocklog
  u8 sb_sectlog
  u8 sb_inodelog
  u8 sb_inopblog
  u8 sb_agblklog
  u8 sb_rextslog
  u8 sb_inprogress
  u8 sb_imax_pct
  u64be sb_icount
  u64be sb_ifree
  u64be sb_fdblocks
  u64be sb_frextents
  u64be sb_uquotino
  u64be sb_gquotino
  u16bex sb_qflags
  u8x sb_flags
  u8 sb_shared_vn
  u32be sb_inoalignmt
  u32be sb_unit
  u32be sb_width
  u8 sb_dirblklog
  u8 sb_logsectlog
  u16be sb_logsectsize
  u32be sb_logsunit
  u32bex sb_features2
  u32bex sb_bad_features2
  u32bex sb_features_compat
  u32bex sb_features_ro_compat |1=finobt |2=rmapbt |4=reflink |8=inobtcnt
  u32bex sb_features_incompat |1=ftype |2=spinodes |4=meta_uuid |8=bigtime |0x10=needsrepair |0x20=nrext64
  u32bex sb_features_log_incompat
  u32x sb_crc
  u32be sb_spino_align
  u64be sb_pquotino
  u64bex sb_lsn
  uuid sb_meta_uuid`;

/** struct btrfs_super_block, include/uapi/linux/btrfs_tree.h. */
export const btrfs = `
  b32 csum
  uuid fsid
  u64x bytenr
  u64x flags
  c8 magic
  u64 generation
  u64x root
  u64x chunk_root
  u64x log_root
  u64 log_root_transid
  u64 total_bytes
  u64 bytes_used
  u64 root_dir_objectid
  u64 num_devices
  u32 sectorsize
  u32 nodesize
  u32 leafsize
  u32 stripesize
  u32 sys_chunk_array_size
  u64 chunk_root_generation
  u64x compat_flags
  u64x compat_ro_flags |1=free_space_tree |2=free_space_tree_valid |4=verity |8=block_group_tree
  u64x incompat_flags |1=mixed_backref |2=default_subvol |4=mixed_groups |8=compress_lzo |0x10=compress_zstd |0x20=big_metadata |0x40=extended_iref |0x80=raid56 |0x100=skinny_metadata |0x200=no_holes |0x400=metadata_uuid |0x800=raid1c34 |0x1000=zoned
  u16 csum_type 0=crc32c 1=xxhash64 2=sha256 3=blake2b
  u8 root_level
  u8 chunk_root_level
  u8 log_root_level
  u64 dev_item.devid
  u64 dev_item.total_bytes
  u64 dev_item.bytes_used
  u32 dev_item.io_align
  u32 dev_item.io_width
  u32 dev_item.sector_size
  u64 dev_item.type
  u64 dev_item.generation
  u64 dev_item.start_offset
  u32 dev_item.dev_group
  u8 dev_item.seek_speed
  u8 dev_item.bandwidth
  uuid dev_item.uuid
  uuid dev_item.fsid
  c256 label
  u64 cache_generation
  u64 uuid_tree_generation
  uuid metadata_uuid`;

/** Microsoft's specification of FAT ("fatgen103"). */
const bpb = `
  b3 BS_jmpBoot
  c8 BS_OEMName
  u16 BPB_BytsPerSec
  u8 BPB_SecPerClus
  u16 BPB_RsvdSecCnt
  u8 BPB_NumFATs
  u16 BPB_RootEntCnt
  u16 BPB_TotSec16
  u8x BPB_Media 0xf0=removable 0xf8=fixed
  u16 BPB_FATSz16
  u16 BPB_SecPerTrk
  u16 BPB_NumHeads
  u32 BPB_HiddSec
  u32 BPB_TotSec32`;

const bootSector = `
  u8x BS_DrvNum
  u8 BS_Reserved1
  u8x BS_BootSig
  u32x BS_VolID
  c11 BS_VolLab
  c8 BS_FilSysType`;

export const fat16 = `${bpb}${bootSector}
  b448 BS_BootCode
  u16x Signature_word`;

export const fat32 = `${bpb}
  u32 BPB_FATSz32
  u16x BPB_ExtFlags
  u16 BPB_FSVer
  u32 BPB_RootClus
  u16 BPB_FSInfo
  u16 BPB_BkBootSec
  b12 BPB_Reserved${bootSector}
  b420 BS_BootCode32
  u16x Signature_word`;

export const fsInfo = `
  c4 FSI_LeadSig
  @484 c4 FSI_StrucSig
  u32 FSI_Free_Count 0xffffffff=unknown
  u32 FSI_Nxt_Free 0xffffffff=unknown
  @508 u32x FSI_TrailSig`;

/** Microsoft's specification of exFAT, 3.1. */
export const exfat = `
  b3 JumpBoot
  c8 FileSystemName
  b53 MustBeZero
  u64 PartitionOffset
  u64 VolumeLength
  u32 FatOffset
  u32 FatLength
  u32 ClusterHeapOffset
  u32 ClusterCount
  u32 FirstClusterOfRootDirectory
  u32x VolumeSerialNumber
  u16x FileSystemRevision
  u16x VolumeFlags |1=second_FAT |2=dirty |4=media_failure
  u8 BytesPerSectorShift 9=512_bytes 12=4096_bytes
  u8 SectorsPerClusterShift
  u8 NumberOfFats
  u8x DriveSelect
  u8 PercentInUse 0xff=unknown
  @120 b390 BootCode
  u16x BootSignature`;

/** struct NTFS_BOOT_SECTOR, fs/ntfs3/ntfs.h. */
export const ntfs = `
  b3 jump_code
  c8 system_id
  u16 bytes_per_sector
  u8 sectors_per_clusters
  b7 unused1
  u8x media_type
  b2 unused2
  u16 sct_per_track
  u16 heads
  u32 hidden_sectors
  @0x28 u64 sectors_per_volume
  u64 mft_clst
  u64 mft2_clst
  i8 record_size
  @0x44 i8 index_size
  @0x48 u64x serial_num
  u32x check_sum
  b426 boot_code
  u16x boot_magic`;

/** struct iso_primary_descriptor, include/uapi/linux/iso_fs.h: numbers stand in both orders. */
export const iso9660 = `
  u8 type 1=primary
  c5 id
  u8 version
  @8 c32 system_id
  c32 volume_id
  @80 u32 volume_space_size
  u32be volume_space_size_be
  @120 u16 volume_set_size
  u16be volume_set_size_be
  u16 volume_sequence_number
  u16be volume_sequence_number_be
  u16 logical_block_size
  u16be logical_block_size_be
  u32 path_table_size
  u32be path_table_size_be
  u32 type_l_path_table
  u32 opt_type_l_path_table
  u32be type_m_path_table
  u32be opt_type_m_path_table
  b34 root_directory_record
  c128 volume_set_id
  c128 publisher_id
  c128 preparer_id
  c128 application_id
  c37 copyright_file_id
  c37 abstract_file_id
  c37 bibliographic_file_id
  c17 creation_date
  c17 modification_date
  c17 expiration_date
  c17 effective_date
  u8 file_structure_version`;

/** struct squashfs_super_block, fs/squashfs/squashfs_fs.h. */
export const squashfs = `
  c4 s_magic
  u32 inodes
  t32 mkfs_time
  u32 block_size
  u32 fragments
  u16 compression 1=gzip 2=lzma 3=lzo 4=xz 5=lz4 6=zstd
  u16 block_log
  u16x flags
  u16 no_ids
  u16 s_major
  u16 s_minor
  u64x root_inode
  u64 bytes_used
  u64x id_table_start
  u64x xattr_id_table_start
  u64x inode_table_start
  u64x directory_table_start
  u64x fragment_table_start
  u64x lookup_table_start`;
