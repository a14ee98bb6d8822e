/* What the types of partitions are called, by the tables that lsblk and fdisk have. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "part_types.h"

#define N_(text) text
#define DEF_GUID(guid, name) { guid, name }

struct mbr_type { unsigned char code; const char *name; };
struct gpt_type { const char *guid, *name; };

static const struct mbr_type mbr_types[] = {
#include "pt-mbr-partnames.h"
};
static const struct gpt_type gpt_types[] = {
#include "pt-gpt-partnames.h"
};

const char *
nbd_blkid_type_name (const char *scheme, int code, const char *guid)
{
  if (scheme && strcmp (scheme, "dos") == 0) {
    for (size_t i = 0; i < sizeof mbr_types / sizeof mbr_types[0]; ++i)
      if (mbr_types[i].code == code && mbr_types[i].name)
        return mbr_types[i].name;
  }
  if (scheme && strcmp (scheme, "gpt") == 0 && guid) {
    for (size_t i = 0; i < sizeof gpt_types / sizeof gpt_types[0]; ++i)
      if (strcasecmp (gpt_types[i].guid, guid) == 0)
        return gpt_types[i].name;
  }
  return NULL;
}
