/* What is exported: a probe of a range of the disk, as `blkid -p --offset --size` makes it, and its partitions.
 *
 * A call begins with fresh memory (src/wasm/replay.ts), so nothing is freed.
 */
#include <string.h>

#include "blkid.h"
#include "imports.h"
#include "part_types.h"

#define EXPORT __attribute__ ((used, visibility ("default")))

/* What blkid(8) asks for, and the place of the magic. */
#define SUPERBLOCK_FLAGS                                                                                                \
  (BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE | BLKID_SUBLKS_SECTYPE | BLKID_SUBLKS_USAGE             \
   | BLKID_SUBLKS_VERSION | BLKID_SUBLKS_FSINFO | BLKID_SUBLKS_MAGIC)

static const int sector = 512; /* libblkid's unit of partitions, whatever the disk's */

static void
tell_values (blkid_probe pr, int result)
{
  const char *name, *data;
  size_t length;

  for (int i = 0; blkid_probe_get_value (pr, i, &name, &data, &length) == 0; ++i)
    if (strcmp (name, "SBMAGIC") != 0 && strcmp (name, "PTMAGIC") != 0) /* bytes, not text */
      blkid_on_value (result, name, data, strnlen (data, length));
}

static blkid_probe
new_probe (int64_t disk_size, int64_t offset, int64_t size, int sector_size)
{
  blkid_probe pr = blkid_new_probe ();

  nbd_blkid_disk_size = disk_size;
  if (pr == NULL || blkid_probe_set_device (pr, 0, offset, size) != 0)
    return NULL;
  blkid_probe_set_sectorsize (pr, sector_size);
  blkid_probe_enable_superblocks (pr, 1);
  blkid_probe_set_superblocks_flags (pr, SUPERBLOCK_FLAGS);
  return pr;
}

/* Tells what is in a range. There are several results where superblocks of several kinds are there, and libblkid prefers none. */
EXPORT int
nbd_blkid_probe (int64_t disk_size, int64_t offset, int64_t size, int sector_size)
{
  blkid_probe pr = new_probe (disk_size, offset, size, sector_size);
  int result = 0, r;

  if (pr == NULL)
    return -1;
  blkid_probe_enable_partitions (pr, 1);
  blkid_probe_set_partitions_flags (pr, BLKID_PARTS_MAGIC);
  r = blkid_do_safeprobe (pr);
  if (r == BLKID_PROBE_OK)
    tell_values (pr, 0);
  if (r == BLKID_PROBE_OK || r == BLKID_PROBE_NONE)
    return 0;

  /* It is ambivalent, or one prober has failed: 2.41 returns the same for both. So each superblock is a result of its own; a prober that
   * fails is passed over. Then comes the table, for which the safe probe has not looked.
   */
  blkid_reset_probe (pr);
  blkid_probe_enable_partitions (pr, 0);
  while ((r = blkid_do_probe (pr)) != BLKID_PROBE_NONE)
    if (r == BLKID_PROBE_OK)
      tell_values (pr, result++);
  blkid_reset_probe (pr);
  blkid_probe_enable_superblocks (pr, 0);
  blkid_probe_enable_partitions (pr, 1);
  if (blkid_do_fullprobe (pr) == BLKID_PROBE_OK)
    tell_values (pr, result);
  return 0;
}

/* Tells the partitions of the disk. */
EXPORT int
nbd_blkid_partitions (int64_t disk_size, int64_t offset, int64_t size, int sector_size)
{
  blkid_probe pr = new_probe (disk_size, offset, size, sector_size);
  blkid_partlist list;

  if (pr == NULL)
    return -1;
  blkid_probe_enable_partitions (pr, 1);
  list = blkid_probe_get_partitions (pr);
  if (list == NULL)
    return 1;
  for (int i = 0; i < blkid_partlist_numof_partitions (list); ++i) {
    blkid_partition p = blkid_partlist_get_partition (list, i);
    const char *scheme = blkid_parttable_get_type (blkid_partition_get_table (p));
    const char *guid = blkid_partition_get_type_string (p);
    int type = blkid_partition_get_type (p);

    blkid_on_partition (blkid_partition_get_partno (p), blkid_partition_get_start (p) * sector,
                        blkid_partition_get_size (p) * sector, type, guid, nbd_blkid_type_name (scheme, type, guid),
                        blkid_partition_get_uuid (p), blkid_partition_get_name (p), blkid_partition_get_flags (p), scheme,
                        blkid_partition_is_logical (p), blkid_partition_is_extended (p));
  }
  return 0;
}
