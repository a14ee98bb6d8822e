#ifndef NBD_7Z_NTFS_H
#define NBD_7Z_NTFS_H

#include "CPP/Common/MyString.h"
#include "CPP/7zip/Archive/IArchive.h"

/* All take an archive of the handler of NTFS. */

bool Ntfs_IsRoot (IInArchive *archive, UInt32 index);

/* The target of a symbolic link or a junction; false for another item. */
bool Ntfs_Link (IInArchive *archive, UInt32 index, AString &target);

/* Why what the handler has as contents are not those of the file; NULL where they are. */
const char *Ntfs_Refusal (IInArchive *archive, UInt32 index);

/* Tells the places of a file that is on the disk as it is, from one offset to another, at most so many. Returns false for another file, such
   as one that is compressed. */
bool Ntfs_TellRuns (IInArchive *archive, UInt32 index, UInt64 from, UInt64 to, int most, HRESULT &result);

#endif
