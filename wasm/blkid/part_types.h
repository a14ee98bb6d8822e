#ifndef NBD_BLKID_PART_TYPES_H
#define NBD_BLKID_PART_TYPES_H

/* What lsblk calls PARTTYPENAME; NULL where it has no name. */
extern const char *nbd_blkid_type_name (const char *scheme, int code, const char *guid);

#endif
