/* A directory, block by block.
 *
 * The walk of libext2fs ends at the first damaged block. This one goes on with the next, as Linux does: whoever looks for a file on a
 * damaged disk wants what is left. The linker sends libext2fs' own look-ups here too, so that what is listed can also be opened.
 */
#include "config.h"

#include <string.h>

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>
#include <ext2fs/ext2fsP.h>

#include "directory.h"
#include "imports.h"

struct walk {
  struct dir_context context; /* the first: libext2fs takes a pointer to it */
  nbd_ext2_on_entry on_entry;
  void *data;
  struct nbd_ext2_damage *damage;
  blk64_t blocks;
  int has_dot, was_ended;
};

static void
note (struct nbd_ext2_damage *damage, errcode_t error, blk64_t block)
{
  if (damage->parts++ > 0)
    return;
  damage->error = error;
  damage->block = block;
}

static int
is_named (const struct ext2_dir_entry *entry, const char *name, int length)
{
  return ext2fs_dirent_name_len (entry) == length && memcmp (entry->name, name, length) == 0;
}

static int
walk_entry (ext2_ino_t directory, int kind, struct ext2_dir_entry *entry, int offset, int block_size, char *block, void *data)
{
  struct walk *walk = data;

  if (kind == DIRENT_DELETED_FILE)
    return 0;
  if (kind == DIRENT_DOT_FILE && is_named (entry, ".", 1))
    walk->has_dot = 1;
  walk->was_ended = walk->on_entry (entry, walk->data);
  return walk->was_ended ? DIRENT_ABORT : 0;
}

static int
walk_block (ext2_filsys fs, blk64_t *block, e2_blkcnt_t number, blk64_t reference, int reference_offset, void *data)
{
  struct walk *walk = data;
  int result = ext2fs_process_dir_block (fs, block, number, reference, reference_offset, &walk->context);

  walk->blocks++;
  if (walk->context.errcode == 0)
    return result;
  note (walk->damage, walk->context.errcode, *block);
  walk->context.errcode = 0;
  return 0;
}

errcode_t
nbd_ext2_walk (ext2_filsys fs, ext2_ino_t directory, nbd_ext2_on_entry on_entry, void *data, struct nbd_ext2_damage *damage)
{
  struct walk walk = { .context = { .dir = directory, .func = walk_entry, .priv_data = &walk },
                       .on_entry = on_entry, .data = data, .damage = damage };
  struct ext2_inode inode;
  errcode_t error = ext2fs_check_directory (fs, directory);

  memset (damage, 0, sizeof *damage);
  if (!error)
    error = ext2fs_read_inode (fs, directory, &inode);
  if (!error)
    error = ext2fs_get_mem (fs->blocksize, &walk.context.buf);
  if (error)
    return error;
  if (inode.i_flags & EXT4_INLINE_DATA_FL) {
    ext2fs_inline_data_dir_iterate (fs, directory, &walk.context);
    error = walk.context.errcode;
  } else {
    error = ext2fs_block_iterate3 (fs, directory, BLOCK_FLAG_READ_ONLY | BLOCK_FLAG_DATA_ONLY, NULL, walk_block, &walk);
    /* A directory has no holes: a block that is not there was lost. */
    if (!error && !walk.was_ended && walk.blocks < EXT2_I_SIZE (&inode) / fs->blocksize)
      error = EXT2_ET_DIR_CORRUPTED;
  }
  /* One without a name for itself was overwritten with what looks like an empty block. */
  if (!error && !walk.was_ended && !walk.has_dot && damage->parts == 0)
    error = EXT2_ET_DIR_CORRUPTED;
  if (error)
    note (damage, error, 0);
  return 0;
}

/* --- look-ups of libext2fs --- */

struct wanted {
  const char *name;
  int length;
  ext2_ino_t found;
};

static int
compare (struct ext2_dir_entry *entry, void *data)
{
  struct wanted *wanted = data;

  if (!is_named (entry, wanted->name, wanted->length))
    return 0;
  wanted->found = entry->inode;
  return 1;
}

errcode_t
__wrap_ext2fs_lookup (ext2_filsys fs, ext2_ino_t directory, const char *name, int length, char *buf, ext2_ino_t *inode)
{
  struct wanted wanted = { .name = name, .length = length };
  struct nbd_ext2_damage damage;
  errcode_t error = nbd_ext2_walk (fs, directory, compare, &wanted, &damage);

  if (error)
    return error;
  *inode = wanted.found;
  if (wanted.found)
    return 0;
  if (damage.parts == 0)
    return EXT2_ET_FILE_NOT_FOUND;
  ext2_on_damage (damage.parts, damage.block * fs->blocksize);
  return damage.error;
}
