// Headers of what is no file system: swap, encryption, volumes, RAID, images. Names are those of the headers and specifications named.
import { times } from './fields.js';

/** union swap_header, include/linux/swap.h, from its `info` on. */
export const swap = `
  u32 version
  u32 last_page
  u32 nr_badpages
  uuid sws_uuid
  c16 sws_volume`;

export const swapMagic = 'c10 magic';

/** "LUKS On-Disk Format Specification", version 1.2.3. */
export const luks1 = `
  b6 magic
  u16be version
  c32 cipher-name
  c32 cipher-mode
  c32 hash-spec
  u32be payload-offset
  u32be key-bytes
  b20 mk-digest
  b32 mk-digest-salt
  u32be mk-digest-iter
  c40 uuid
  ${times(8, (index) => `key-slot-${index}`, 'u32bex active 0xac71f3=enabled 0xdead=disabled\n u32be iterations\n b32 salt\n u32be key-material-offset\n u32be stripes')}`;

/** "LUKS2 On-Disk Format Specification", version 1.1.1: struct luks2_hdr_disk. */
export const luks2 = `
  b6 magic
  u16be version
  u64be hdr_size
  u64be seqid
  c48 label
  c32 csum_alg
  b64 salt
  c40 uuid
  c48 subsystem
  u64bex hdr_offset
  @448 b64 csum`;

/** struct label_header and struct pv_header of LVM2, lib/label/label.h and lib/format_text/layout.h. */
export const lvm2 = `
  c8 id
  u64 sector_xl
  u32x crc_xl
  u32 offset_xl
  c8 type
  c32 pv_uuid
  u64 device_size_xl
  u64x disk_areas_xl[0].offset
  u64 disk_areas_xl[0].size`;

/** struct mdp_superblock_1, include/uapi/linux/raid/md_p.h. */
export const md = `
  u32x magic
  u32 major_version
  u32x feature_map |1=bitmap_offset |2=recovery_offset |4=reshape_active |8=bad_blocks |0x10=replacement |0x20=reshape_backwards |0x40=new_offset
  u32 pad0
  uuid set_uuid
  c32 set_name
  t40 ctime
  u24 ctime_microseconds
  i32 level -1=linear
  u32 layout
  sec64 size
  u32 chunksize
  u32 raid_disks
  i32 bitmap_offset
  u32 new_level
  u64 reshape_position
  u32 delta_disks
  u32 new_layout
  u32 new_chunk
  i32 new_offset
  sec64 data_offset
  sec64 data_size
  sec64 super_offset
  u64 recovery_offset
  u32 dev_number
  u32 cnt_corrected_read
  uuid device_uuid
  u8x devflags
  u8 bblog_shift
  u16 bblog_size
  u32 bblog_offset
  t40 utime
  u24 utime_microseconds
  u64 events
  u64 resync_offset
  u32x sb_csum
  u32 max_dev`;

/** qemu's docs/interop/qcow2.txt: all of it big-endian. */
export const qcow2 = `
  b4 magic
  u32be version
  u64bex backing_file_offset
  u32be backing_file_size
  u32be cluster_bits
  u64be size
  u32be crypt_method 0=none 1=AES 2=LUKS
  u32be l1_size
  u64bex l1_table_offset
  u64bex refcount_table_offset
  u32be refcount_table_clusters
  u32be nb_snapshots
  u64bex snapshots_offset
  u64bex incompatible_features |1=dirty |2=corrupt |4=external_data_file |8=compression_type |0x10=extended_L2
  u64bex compatible_features |1=lazy_refcounts
  u64bex autoclear_features |1=bitmaps |2=raw_external_data
  u32be refcount_order
  u32be header_length
  u8 compression_type 0=zlib 1=zstd`;
