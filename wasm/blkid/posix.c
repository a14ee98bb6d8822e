/* The POSIX calls that libblkid makes of its disk, which is one descriptor for a regular file.
 *
 * libblkid is not changed. The linker redirects these names with --wrap (build.sh reads them from the lines that start with WRAP).
 * Buffers are of malloc: libblkid maps them so that it can protect them from itself, which nothing can here.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "imports.h"

#define WRAP(result, name, ...) result __wrap_##name (__VA_ARGS__)

off_t nbd_blkid_disk_size;
static off_t position;

WRAP (int, fstat, int fd, struct stat *st)
{
  memset (st, 0, sizeof *st);
  st->st_mode = S_IFREG | S_IRUSR;
  st->st_size = nbd_blkid_disk_size;
  return 0;
}

WRAP (off_t, lseek, int fd, off_t offset, int whence)
{
  if (whence != SEEK_SET || offset < 0) {
    errno = EINVAL;
    return -1;
  }
  position = offset;
  return position;
}

/* What cannot be read is a short read: at an EIO libblkid gives up all probing, and after a short read it goes on. JavaScript keeps
 * the error.
 */
WRAP (ssize_t, read, int fd, void *buf, size_t count)
{
  if (position > nbd_blkid_disk_size || count > (size_t) (nbd_blkid_disk_size - position))
    return 0;
  if (replay_disk_read (buf, count, position) != 0)
    return 0;
  position += count;
  return count;
}

/* The descriptor stays the caller's. */
WRAP (int, close, int fd)
{
  return 0;
}

WRAP (void *, mmap, void *addr, size_t length, int protection, int flags, int fd, off_t offset)
{
  void *data = calloc (1, length);

  return data == NULL ? MAP_FAILED : data;
}

WRAP (int, munmap, void *addr, size_t length)
{
  free (addr);
  return 0;
}

WRAP (int, mprotect, void *addr, size_t length, int protection)
{
  return 0;
}

/* Emscripten's C library of some versions declares it and has none. */
__attribute__ ((weak)) void *
reallocarray (void *pointer, size_t count, size_t size)
{
  if (size != 0 && count > SIZE_MAX / size) {
    errno = ENOMEM;
    return NULL;
  }
  return realloc (pointer, count * size);
}
