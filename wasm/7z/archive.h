#ifndef NBD_7Z_ARCHIVE_H
#define NBD_7Z_ARCHIVE_H

#include "CPP/Common/MyWindows.h"
#include "CPP/7zip/Archive/IArchive.h"
#include "CPP/7zip/PropID.h"

#define EXPORT extern "C" __attribute__ ((used, visibility ("default")))

/* What is open. */
extern IInArchive *archive;

/* The formats of which more has to be known than 7-Zip's interface tells. */
enum EFormat { format_other, format_ntfs, format_hfs };
extern EFormat format;

UInt32 Items (void);
bool Flag (UInt32 index, PROPID id);
Int64 Number (UInt32 index, PROPID id, Int64 otherwise);
/* 0 where none is kept. */
UInt32 Mode (UInt32 index);

/* In units of 100 ns since 1601, with the nanoseconds beyond; -1 where none is kept. */
Int64 Time (UInt32 index, PROPID id, int *nanoseconds);

#endif
