/* What a handler asks of one that is not here. */
#include <stddef.h>

#include "CPP/Common/MyTypes.h"
#include "CPP/7zip/Archive/IArchive.h"

/* Whether an image has an ext2, ext3 or ext4, for the name of its file: nobody asks for that name. */
API_FUNC_IsArc
IsArc_Ext (const Byte *, size_t)
{
  return k_IsArc_Res_NO;
}
