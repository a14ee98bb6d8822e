#ifndef NBD_EXT2_DIRECTORY_H
#define NBD_EXT2_DIRECTORY_H

#include <ext2fs/ext2fs.h>

/* What of a directory could not be read. */
struct nbd_ext2_damage {
  /* Its first error; 0 where all is well. */
  errcode_t error;
  /* The block that had it; 0 where none has. */
  blk64_t block;
  /* How many parts are damaged. */
  int parts;
};

/* Is told an entry. The directory's walk ends where the result is not 0. */
typedef int (*nbd_ext2_on_entry) (struct ext2_dir_entry *entry, void *data);

/* Tells the entries of a directory that can be read. The result is an error of the whole. */
errcode_t nbd_ext2_walk (ext2_filsys fs, ext2_ino_t directory, nbd_ext2_on_entry on_entry, void *data, struct nbd_ext2_damage *damage);

#endif
