/* What 7-Zip asks of what is not here: another handler, and a clock. */
#include <stddef.h>
#include <time.h>

#include "CPP/Common/MyTypes.h"
#include "CPP/7zip/Archive/IArchive.h"

/* Whether an image has an ext2, ext3 or ext4, for the name of its file: nobody asks for that name. */
API_FUNC_IsArc
IsArc_Ext (const Byte *, size_t)
{
  return k_IsArc_Res_NO;
}

/* There is no clock. 7-Zip asks what the time is to find out the time zone, in which it takes FAT's times to be: with any fixed answer
   that is UTC. */
extern "C" time_t
__wrap_time (time_t *now)
{
  if (now)
    *now = 0;
  return 0;
}
