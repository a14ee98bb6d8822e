#ifndef NBD_EXT2_DISK_H
#define NBD_EXT2_DISK_H

#include <stdint.h>

#include <ext2fs/ext2fs.h>

extern struct struct_io_manager nbd_ext2_disk;
extern int64_t nbd_ext2_disk_size;

#endif
