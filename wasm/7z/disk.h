#ifndef NBD_7Z_DISK_H
#define NBD_7Z_DISK_H

#include "CPP/Common/MyWindows.h"
#include "CPP/Common/MyCom.h"
#include "CPP/7zip/IStream.h"

/* A buffer for an item's contents. What a handler reads from the disk right into it is on the disk as it is: its place is told, and
   nothing is read. */
struct CContentsBuffer
{
  enum { kSize = 1 << 20 };
  Byte data[kSize];
  /* How much of it is being filled; 0 where nobody asks for contents. */
  size_t length;
  /* In the item. */
  Int64 offset;
  /* The part whose place was told: handlers make at most one such read at a time. */
  size_t placed_start, placed_end;
};

extern CContentsBuffer g_Contents;

/* While it is true, the supplementary volume descriptors of an ISO 9660 look like more primary ones, of which the handler takes the first. It
   would take a Joliet tree even where the primary one has the names, modes and links of Rock Ridge. */
extern bool g_HideJoliet;

/* While it is true, what is missing reads as zeroes, and the handler goes on: the call will be made again, and what else is wanted by then is
   fetched with it. Handlers read whole lists of files piece by piece. */
extern bool g_GoesOn;

IInStream *NewDisk (UInt64 size);

#endif
