/* Parts of libblkid and util-linux that nothing here comes to, since the disk is a regular file without a name: a block device's
 * size and topology, sysfs, names of devices. The linker wants them all the same; each says that it has nothing.
 */
#include "blkdev.h"
#include "blkidP.h"
#include "path.h"
#include "sysfs.h"

const struct blkid_chaindrv topology_drv = { .id = BLKID_CHAIN_TOPLGY, .name = "topology" }; /* never enabled */

char *
blkid_devno_to_devname (dev_t devno)
{
  return NULL;
}

int
blkid_devno_to_wholedisk (dev_t dev, char *diskname, size_t len, dev_t *diskdevno)
{
  return -1;
}

int
blkdev_get_size (int fd, unsigned long long *bytes)
{
  return -1;
}

int
blkdev_get_sector_size (int fd, int *sector_size)
{
  return -1;
}

char *
sysfs_chrdev_devno_to_devname (dev_t devno, char *buf, size_t bufsiz)
{
  return NULL;
}

int
sysfs_devno_is_dm_private (dev_t devno, char **uuid)
{
  return 0;
}

struct path_cxt *
ul_new_sysfs_path (dev_t devno, struct path_cxt *parent, const char *prefix)
{
  return NULL;
}

int
ul_path_read_u64 (struct path_cxt *pc, uint64_t *res, const char *path)
{
  return -1;
}

int
ul_path_read_string (struct path_cxt *pc, char **str, const char *path)
{
  return -1;
}

void
ul_unref_path (struct path_cxt *pc)
{
}
