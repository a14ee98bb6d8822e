/* The disk, as libext2fs' I/O manager: it reads, and writes nothing. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include "disk.h"
#include "imports.h"

/* A request that a damaged structure makes longer than this is none. */
static const int64_t longest_read = 1 << 26;

int64_t nbd_ext2_disk_size;

static errcode_t
disk_open (const char *name, int flags, io_channel *channel)
{
  io_channel io = calloc (1, sizeof *io);

  if (io == NULL)
    return EXT2_ET_NO_MEMORY;
  io->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  io->manager = &nbd_ext2_disk;
  io->name = strdup (name);
  io->block_size = 1024;
  io->refcount = 1;
  *channel = io;
  return 0;
}

static errcode_t
disk_close (io_channel io)
{
  return 0;
}

static errcode_t
disk_set_blksize (io_channel io, int size)
{
  io->block_size = size;
  return 0;
}

/* A negative count is one of bytes. */
static errcode_t
disk_read64 (io_channel io, unsigned long long block, int count, void *buf)
{
  int64_t length = count < 0 ? -(int64_t) count : (int64_t) count * io->block_size;
  int64_t last = (nbd_ext2_disk_size - length) / io->block_size;

  if (length > longest_read || length > nbd_ext2_disk_size || block > (unsigned long long) last)
    return EXT2_ET_SHORT_READ;
  return replay_disk_read (buf, length, (int64_t) block * io->block_size) == 0 ? 0 : EXT2_ET_SHORT_READ;
}

static errcode_t
disk_read (io_channel io, unsigned long block, int count, void *buf)
{
  return disk_read64 (io, block, count, buf);
}

static errcode_t
disk_write (io_channel io, unsigned long block, int count, const void *buf)
{
  return EXT2_ET_RO_FILSYS;
}

static errcode_t
disk_flush (io_channel io)
{
  return 0;
}

struct struct_io_manager nbd_ext2_disk = {
  .magic = EXT2_ET_MAGIC_IO_MANAGER,
  .name = "disk",
  .open = disk_open,
  .close = disk_close,
  .set_blksize = disk_set_blksize,
  .read_blk = disk_read,
  .read_blk64 = disk_read64,
  .write_blk = disk_write,
  .flush = disk_flush,
};
