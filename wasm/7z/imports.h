/* What the module takes from JavaScript: the disk from src/wasm/replay.ts, and whom it tells what it found, src/files/seven.ts. */
#ifndef NBD_7Z_IMPORTS_H
#define NBD_7Z_IMPORTS_H

#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) extern "C" __attribute__ ((import_module (module), import_name (name)))

/* Fills the buffer, and answers 0, or the negated number of an error (Linux's). Throws where the bytes have to be fetched. */
IMPORT ("replay", "diskRead") int replay_disk_read (void *buf, size_t count, int64_t offset);

/* Whether bytes were missing: then the call will be made again, and this time may only find out what else it will read. */
IMPORT ("replay", "isMissing") int replay_is_missing (void);

/* An error: Linux's number, and a text. It is the last that a call tells. */
IMPORT ("7z", "failed") void seven_on_failed (int code, const char *text);

/* There is no room for what 7-Zip keeps. Throws. */
IMPORT ("7z", "outOfMemory") void seven_on_out_of_memory (void);

/* What 7-Zip says is wrong with the whole: the flags of kpv_ErrorFlags_*, or a text. */
IMPORT ("7z", "warning") void seven_on_warning (uint32_t flags, const char *text, size_t length);

/* What an item is, unless its mode says more. */
enum { kind_file, kind_folder, kind_unknown };

/* An item, with its path from the root on, in UTF-8. `mode` is 0 where none is kept. */
IMPORT ("7z", "item") void seven_on_item (uint32_t index, const char *path, size_t length, int kind, uint32_t mode);

/* An item of which only its own name is told, and the item that it is in: `no_parent` is the root. What is in no item that is told is hidden.
   `is_root` is said of the root itself. */
enum : uint32_t { no_parent = 0xFFFFFFFF };
IMPORT ("7z", "child") void seven_on_child (uint32_t index, uint32_t parent, int is_root, const char *name, size_t length, int kind,
                                            uint32_t mode);

/* What is known of an item; -1 where something is not kept. Times are in units of 100 ns since 1601, with the nanoseconds beyond. */
IMPORT ("7z", "stat") void seven_on_stat (uint32_t index, uint32_t mode, int64_t uid, int64_t gid, int64_t links, int64_t inode, int64_t size,
                                          int64_t packed, int64_t mtime, int mtime_ns, int64_t atime, int atime_ns, int64_t ctime,
                                          int ctime_ns, int64_t birth, int birth_ns);

/* Bytes of an item, from an offset in it on. */
IMPORT ("7z", "bytes") void seven_on_bytes (int64_t offset, const void *bytes, size_t length);

/* A part of an item that is on the disk as it is. */
IMPORT ("7z", "place") void seven_on_place (int64_t offset, int64_t length, int64_t place);

/* A part of an item that reads as zeroes. */
IMPORT ("7z", "zeroes") void seven_on_zeroes (int64_t offset, int64_t length);

#endif
