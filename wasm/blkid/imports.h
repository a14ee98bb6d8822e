/* What the module takes from JavaScript: the disk from src/wasm/replay.ts, and whom it tells what it found, src/probe/blkid.ts. */
#ifndef NBD_BLKID_IMPORTS_H
#define NBD_BLKID_IMPORTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define IMPORT(module, name) __attribute__ ((import_module (module), import_name (name))) extern

/* Fills the buffer, and answers 0, or the negated number of an error (Linux's). Throws where the bytes have to be fetched. */
IMPORT ("replay", "diskRead") int replay_disk_read (void *buf, size_t count, int64_t offset);

/* One NAME=value of a result. Results are counted from 0; there are several where they are ambivalent. */
IMPORT ("blkid", "value") void blkid_on_value (int result, const char *name, const char *value, size_t length);

/* One partition; start and size in bytes. Strings may be NULL. */
IMPORT ("blkid", "partition") void blkid_on_partition (int number, int64_t start, int64_t size, int type, const char *type_string,
                                                       const char *type_name, const char *uuid, const char *name, int64_t flags,
                                                       const char *scheme, int is_logical, int is_extended);

extern off_t nbd_blkid_disk_size;

#endif
