/* What the module takes from JavaScript: the disk from src/wasm/replay.ts, and whom it tells what it found, src/files/ext2.ts. */
#ifndef NBD_EXT2_IMPORTS_H
#define NBD_EXT2_IMPORTS_H

#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__ ((import_module (module), import_name (name))) extern

/* Fills the buffer, and answers 0, or the negated number of an error (Linux's). Throws where the bytes have to be fetched. */
IMPORT ("replay", "diskRead") int replay_disk_read (void *buf, size_t count, int64_t offset);

/* An error: Linux's number, and libext2fs' text. It is the last that a call tells. */
IMPORT ("ext2", "failed") void ext2_on_failed (int code, const char *text);

/* How many parts of a folder could not be read, and where the first is on the disk; 0 where that is not known. The error follows. */
IMPORT ("ext2", "damage") void ext2_on_damage (int parts, int64_t place);

/* A name in a folder. The type is that of the folder's entry, one of EXT2_FT_*, and 0 where entries have none. */
IMPORT ("ext2", "entry") void ext2_on_entry (const char *name, size_t length, uint32_t inode, int type);

/* An inode. Sizes in bytes, `blocks` in units of 512, times in seconds and nanoseconds. */
IMPORT ("ext2", "inode") void ext2_on_inode (uint32_t inode, int mode, uint32_t uid, uint32_t gid, int links, int64_t size,
                                             int64_t blocks, uint32_t flags, uint32_t device, int64_t atime, int atime_ns,
                                             int64_t mtime, int mtime_ns, int64_t ctime, int ctime_ns, int64_t birth,
                                             int birth_ns);

/* A part of a file in bytes, and where it is on the disk; -1 where it reads as zeroes: a hole, or space that was never written. */
IMPORT ("ext2", "extent") void ext2_on_extent (int64_t offset, int64_t length, int64_t place);

/* Bytes: of a symbolic link, or of a file that is in its inode. */
IMPORT ("ext2", "bytes") void ext2_on_bytes (const char *bytes, size_t length);

/* What the superblock says of the whole. */
IMPORT ("ext2", "superblock") void ext2_on_superblock (int block_size, int64_t blocks, int64_t free_blocks, int inodes, int free_inodes,
                                                       int state, int needs_recovery);

#endif
