/* What is exported: the folders and files of an ext2, ext3 or ext4, by libext2fs.
 *
 * A call begins with fresh memory (src/wasm/replay.ts): it opens the file system anew, out of blocks that are at hand by then, and
 * nothing is freed. Contents of files are not read here: their places are told, so that JavaScript reads many side by side.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include "directory.h"
#include "disk.h"
#include "imports.h"

#define EXPORT __attribute__ ((used, visibility ("default")))

/* Linux's numbers, which Emscripten's C library has not. */
enum { linux_enoent = 2, linux_eio = 5, linux_enomem = 12, linux_enotdir = 20, linux_einval = 22, linux_eloop = 40, linux_enotsup = 95,
       linux_euclean = 117 };

static int
code_of (errcode_t error)
{
  switch (error) {
  case EXT2_ET_FILE_NOT_FOUND: return linux_enoent;
  case EXT2_ET_NO_DIRECTORY: return linux_enotdir;
  case EXT2_ET_SYMLINK_LOOP: return linux_eloop;
  case EXT2_ET_NO_MEMORY: return linux_enomem;
  case EXT2_ET_UNSUPP_FEATURE:
  case EXT2_ET_REV_TOO_HIGH: return linux_enotsup;
  case EXT2_ET_SHORT_READ: return linux_eio;
  default: return linux_euclean;
  }
}

static int
failed (errcode_t error)
{
  ext2_on_failed (code_of (error), error_message (error));
  return -1;
}

static int
unsupported (const char *text)
{
  ext2_on_failed (linux_enotsup, text);
  return -1;
}

__attribute__ ((constructor)) static void
initialize (void)
{
  initialize_ext2_error_table ();
}

static errcode_t
open_file_system (int64_t disk_size, ext2_filsys *fs)
{
  nbd_ext2_disk_size = disk_size;
  return ext2fs_open2 ("disk", NULL, EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES, 0, 0, &nbd_ext2_disk, fs);
}

EXPORT void *
nbd_ext2_alloc (size_t size)
{
  return malloc (size);
}

/* Tells what the superblock says. */
EXPORT int
nbd_ext2_open (int64_t disk_size)
{
  ext2_filsys fs;
  errcode_t error = open_file_system (disk_size, &fs);

  if (error)
    return failed (error);
  ext2_on_superblock (fs->blocksize, ext2fs_blocks_count (fs->super), ext2fs_free_blocks_count (fs->super), fs->super->s_inodes_count,
                      fs->super->s_free_inodes_count, fs->super->s_state, ext2fs_has_feature_journal_needs_recovery (fs->super));
  return 0;
}

/* --- inodes --- */

static int64_t
seconds_of (uint32_t seconds, uint32_t extra)
{
  return (int64_t) (int32_t) seconds + ((int64_t) (extra & 3) << 32);
}

/* How a device number is kept: the old way where it fits into 16 bits. */
static uint32_t
device_of (const struct ext2_inode_large *inode)
{
  int mode = inode->i_mode;

  if (!LINUX_S_ISCHR (mode) && !LINUX_S_ISBLK (mode))
    return 0;
  return inode->i_block[0] ? inode->i_block[0] : inode->i_block[1];
}

static void
tell_inode (ext2_filsys fs, ext2_ino_t number, const struct ext2_inode_large *inode)
{
  size_t size = EXT2_INODE_SIZE (fs->super) > EXT2_GOOD_OLD_INODE_SIZE ? EXT2_GOOD_OLD_INODE_SIZE + inode->i_extra_isize : 0;
#define EXTRA(field) (offsetof (struct ext2_inode_large, field) + sizeof inode->field <= size ? inode->field : 0)
  uint32_t atime = EXTRA (i_atime_extra), mtime = EXTRA (i_mtime_extra), ctime = EXTRA (i_ctime_extra), birth = EXTRA (i_crtime_extra);
  int64_t blocks = inode->i_blocks;

  if (ext2fs_has_feature_huge_file (fs->super)) {
    blocks |= (int64_t) inode->osd2.linux2.l_i_blocks_hi << 32;
    if (inode->i_flags & EXT4_HUGE_FILE_FL)
      blocks *= fs->blocksize / 512;
  }
  ext2_on_inode (number, inode->i_mode, inode_uid (*inode), inode_gid (*inode), inode->i_links_count,
                 EXT2_I_SIZE ((const struct ext2_inode *) inode), blocks, inode->i_flags, device_of (inode),
                 seconds_of (inode->i_atime, atime), atime >> 2, seconds_of (inode->i_mtime, mtime), mtime >> 2,
                 seconds_of (inode->i_ctime, ctime), ctime >> 2, seconds_of (EXTRA (i_crtime), birth), birth >> 2);
#undef EXTRA
}

static errcode_t
read_inode (ext2_filsys fs, ext2_ino_t number, struct ext2_inode_large *inode)
{
  memset (inode, 0, sizeof *inode);
  return ext2fs_read_inode_full (fs, number, (struct ext2_inode *) inode, sizeof *inode);
}

/* Tells the inode of a path. A symbolic link at its end is followed if `follow` says so. */
EXPORT int
nbd_ext2_lookup (int64_t disk_size, const char *path, int follow)
{
  ext2_filsys fs;
  ext2_ino_t number;
  struct ext2_inode_large inode;
  errcode_t error = open_file_system (disk_size, &fs);

  if (!error)
    error = (follow ? ext2fs_namei_follow : ext2fs_namei) (fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &number);
  if (!error)
    error = read_inode (fs, number, &inode);
  if (error)
    return failed (error);
  tell_inode (fs, number, &inode);
  return 0;
}

/* Tells inodes by their numbers. One that cannot be read is left out. */
EXPORT int
nbd_ext2_inodes (int64_t disk_size, const uint32_t *numbers, int count)
{
  ext2_filsys fs;
  struct ext2_inode_large inode;
  errcode_t error = open_file_system (disk_size, &fs);

  if (error)
    return failed (error);
  for (int i = 0; i < count; ++i)
    if (read_inode (fs, numbers[i], &inode) == 0)
      tell_inode (fs, numbers[i], &inode);
  return 0;
}

/* --- folders and links --- */

static int
tell_entry (struct ext2_dir_entry *entry, void *data)
{
  ext2_on_entry (entry->name, ext2fs_dirent_name_len (entry), entry->inode, ext2fs_dirent_file_type (entry));
  return 0;
}

/* Tells the entries of a folder, `.` and `..` among them, in the order in which they are on the disk; then the error, where some of them
 * could not be read. */
EXPORT int
nbd_ext2_readdir (int64_t disk_size, uint32_t number)
{
  ext2_filsys fs;
  struct ext2_inode_large inode;
  struct nbd_ext2_damage damage;
  errcode_t error = open_file_system (disk_size, &fs);

  if (!error)
    error = read_inode (fs, number, &inode);
  if (!error && inode.i_flags & EXT4_ENCRYPT_FL)
    return unsupported ("the folder is encrypted");
  if (!error)
    error = nbd_ext2_walk (fs, number, tell_entry, NULL, &damage);
  if (error)
    return failed (error);
  if (damage.parts == 0)
    return 0;
  ext2_on_damage (damage.parts, damage.block * fs->blocksize);
  return failed (damage.error);
}

EXPORT int
nbd_ext2_readlink (int64_t disk_size, uint32_t number)
{
  ext2_filsys fs;
  struct ext2_inode_large inode;
  struct ext2_inode *plain = (struct ext2_inode *) &inode;
  blk64_t block;
  size_t length;
  char *text;
  errcode_t error = open_file_system (disk_size, &fs);

  if (!error)
    error = read_inode (fs, number, &inode);
  if (error)
    return failed (error);
  if (!LINUX_S_ISLNK (inode.i_mode)) {
    ext2_on_failed (linux_einval, "it is no symbolic link");
    return -1;
  }
  if (inode.i_flags & EXT4_ENCRYPT_FL)
    return unsupported ("the symbolic link is encrypted");
  if (EXT2_I_SIZE (plain) > fs->blocksize)
    return failed (EXT2_ET_INODE_CORRUPTED);
  length = EXT2_I_SIZE (plain);
  if (ext2fs_is_fast_symlink (plain)) {
    ext2_on_bytes ((char *) inode.i_block, length < sizeof inode.i_block ? length : sizeof inode.i_block);
    return 0;
  }
  text = calloc (1, 2 * fs->blocksize);
  if (text == NULL)
    return failed (EXT2_ET_NO_MEMORY);
  if (inode.i_flags & EXT4_INLINE_DATA_FL) {
    error = ext2fs_inline_data_get (fs, number, plain, text, NULL);
  } else {
    error = ext2fs_bmap2 (fs, number, plain, NULL, 0, 0, NULL, &block);
    if (!error)
      error = block ? io_channel_read_blk64 (fs->io, block, 1, text) : EXT2_ET_INODE_CORRUPTED;
  }
  if (error)
    return failed (error);
  ext2_on_bytes (text, length);
  return 0;
}

/* --- the places of a file's contents --- */

struct places {
  int64_t block_size;
  /* What is not told yet, in blocks; `place` is 0 for a hole. */
  blk64_t start, end, place;
  int left;
};

static void
tell_place (struct places *p)
{
  if (p->end == p->start)
    return;
  ext2_on_extent (p->start * p->block_size, (p->end - p->start) * p->block_size, p->place ? (int64_t) (p->place * p->block_size) : -1);
  p->left--;
  p->start = p->end;
}

/* Adds blocks that follow the ones before. Returns whether there is room for more. */
static int
add_place (struct places *p, blk64_t count, blk64_t place)
{
  blk64_t expected = p->place ? p->place + (p->end - p->start) : 0;

  if (p->end > p->start && place != expected)
    tell_place (p);
  if (p->left <= 0)
    return 0;
  if (p->end == p->start)
    p->place = place;
  p->end += count;
  return 1;
}

static errcode_t
tell_extents (ext2_filsys fs, ext2_ino_t number, struct ext2_inode *inode, struct places *p, blk64_t end)
{
  ext2_extent_handle_t handle;
  struct ext2fs_extent extent;
  int op = EXT2_EXTENT_CURRENT;
  errcode_t error = ext2fs_extent_open2 (fs, number, inode, &handle);

  if (error)
    return error;
  error = ext2fs_extent_goto (handle, p->end);
  if (error == EXT2_ET_EXTENT_NOT_FOUND)
    error = 0; /* it is at the extent before, or there is none */
  for (; !error && p->end < end; op = EXT2_EXTENT_NEXT_LEAF) {
    error = ext2fs_extent_get (handle, op, &extent);
    if (error == EXT2_ET_EXTENT_NO_NEXT || error == EXT2_ET_NO_CURRENT_NODE)
      return add_place (p, end - p->end, 0), 0;
    if (error || !(extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) || extent.e_lblk + extent.e_len <= p->end)
      continue;
    if (extent.e_lblk >= end)
      break;
    if (extent.e_lblk > p->end && !add_place (p, extent.e_lblk - p->end, 0))
      return 0;
    blk64_t skipped = p->end - extent.e_lblk;
    blk64_t count = extent.e_len - skipped;
    if (!add_place (p, count < end - p->end ? count : end - p->end, extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT ? 0 : extent.e_pblk + skipped))
      return 0;
  }
  if (!error && p->end < end)
    add_place (p, end - p->end, 0);
  return error;
}

/* ext2 and ext3: block by block, each of which reads the blocks that map it anew. So there are not all told at once. */
static const blk64_t most_blocks = 1 << 15;

static errcode_t
tell_blocks (ext2_filsys fs, ext2_ino_t number, struct ext2_inode *inode, struct places *p, blk64_t end)
{
  blk64_t place;
  errcode_t error = 0;

  if (end > p->end + most_blocks)
    end = p->end + most_blocks;
  while (p->end < end) {
    error = ext2fs_bmap2 (fs, number, inode, NULL, 0, p->end, NULL, &place);
    if (error || !add_place (p, 1, place))
      break;
  }
  return error;
}

/* Tells at most so many parts of a file, from one offset to another, or all of its bytes where they are in its inode. */
EXPORT int
nbd_ext2_extents (int64_t disk_size, uint32_t number, int64_t from, int64_t to, int most)
{
  ext2_filsys fs;
  struct ext2_inode_large inode;
  struct ext2_inode *plain = (struct ext2_inode *) &inode;
  errcode_t error = open_file_system (disk_size, &fs);

  if (!error)
    error = read_inode (fs, number, &inode);
  if (error)
    return failed (error);
  if (inode.i_flags & EXT4_ENCRYPT_FL)
    return unsupported ("the file is encrypted");
  if (inode.i_flags & EXT4_INLINE_DATA_FL) {
    size_t size = 0;
    error = ext2fs_inline_data_size (fs, number, &size);
    char *bytes = error ? NULL : calloc (1, size + fs->blocksize);
    if (!error)
      error = bytes ? ext2fs_inline_data_get (fs, number, plain, bytes, &size) : EXT2_ET_NO_MEMORY;
    if (error)
      return failed (error);
    ext2_on_bytes (bytes, size);
    return 0;
  }
  struct places p = { .block_size = fs->blocksize, .left = most };
  p.start = p.end = from / fs->blocksize;
  blk64_t end = (to + fs->blocksize - 1) / fs->blocksize;
  error = (inode.i_flags & EXT4_EXTENTS_FL ? tell_extents : tell_blocks) (fs, number, plain, &p, end);
  if (error)
    return failed (error);
  if (p.left > 0)
    tell_place (&p);
  return 0;
}
