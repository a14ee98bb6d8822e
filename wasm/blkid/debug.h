/* In the place of util-linux's debug.h: debugging is never on, and its texts would be a fifth of the module. */
#ifndef UTIL_LINUX_DEBUG_H
#define UTIL_LINUX_DEBUG_H

#include <stdio.h>
#include <string.h>

#define UL_DEBUG_DECLARE_MASK(library) struct ul_debug_##library
#define UL_DEBUG_MASK(library) 0
#define __UL_DEBUG_FL_NOADDR (1 << 24)
#define __UL_DBG(library, prefix, mask, call) do { } while (0)
#define __UL_DBG_CALL(library, prefix, mask, call) do { } while (0)

#endif
