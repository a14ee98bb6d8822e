/* The items of what is open, as a tree. */
#include <string.h>

#include "CPP/Common/MyCom.h"
#include "CPP/Common/MyString.h"
#include "CPP/Common/UTFConvert.h"
#include "CPP/Windows/PropVariant.h"

#include "archive.h"
#include "imports.h"
#include "ntfs.h"

using NWindows::NCOM::CPropVariant;

/* Where 7-Zip puts what NTFS keeps for itself, such as $MFT. */
static const wchar_t *const ntfs_system = L"[SYSTEM]";
/* Where HFS+ keeps what has several names: 7-Zip's name of the one for files, whose own begins with NULs, and the one for folders. */
static const wchar_t *const hfs_linked_files = L"[HFS+ Private Data]";
static const wchar_t *const hfs_linked_folders = L".HFS+ Private Directory Data\r";

static bool
Text (UInt32 index, PROPID id, UString &text)
{
  CPropVariant value;
  if (archive->GetProperty (index, id, &value) != S_OK || value.vt != VT_BSTR)
    return false;
  text = value.bstrVal;
  return true;
}

/* Items that are no files of their own: streams beside a file's, and files that were deleted. */
static bool
IsFile (UInt32 index)
{
  return !Flag (index, kpidIsAltStream) && !Flag (index, kpidIsDeleted);
}

static void
TellPaths (void)
{
  const UInt32 items = Items ();
  for (UInt32 i = 0; i < items; ++i) {
    UString path;
    AString utf8;
    if (!IsFile (i))
      continue;
    if (Text (i, kpidPath, path))
      ConvertUnicodeToUTF8 (path, utf8);
    seven_on_item (i, utf8.Ptr (), utf8.Len (), Flag (i, kpidIsDir) ? kind_folder : kind_file, Mode (i));
  }
}

/* What is not told hides all that is in it. */
static bool
IsHidden (UInt32 index, const UString &name)
{
  if (format == format_ntfs)
    return Flag (index, kpidIsAux) && name == ntfs_system;
  return Flag (index, kpidIsDir) && (name == hfs_linked_files || name == hfs_linked_folders);
}

static bool
IsRoot (UInt32 index, UInt32 parent)
{
  return format == format_ntfs ? Ntfs_IsRoot (archive, index) : parent == no_parent && Flag (index, kpidIsDir);
}

/* A name of a file of several names on an HFS+, which 7-Zip does not follow. To it, that is an empty file. It was made, so it says, when the
   volume was, or when the folder was that has the contents. */
static bool
IsHfsLink (UInt32 index, const CRecordVector<Int64> &dates)
{
  int ns;
  if (format != format_hfs || dates.IsEmpty () || Number (index, kpidSize, 0) != 0)
    return false;
  const Int64 made = Time (index, kpidCTime, &ns);
  FOR_VECTOR (i, dates)
    if (dates[i] == made)
      return true;
  return false;
}

/* When an HFS+ with files of several names says that these were made. */
static void
DatesOfHfsLinks (CRecordVector<Int64> &dates)
{
  const UInt32 items = Items ();
  int ns;
  bool has_links = false;
  for (UInt32 i = 0; format == format_hfs && i < items; ++i) {
    UString name;
    if (!Flag (i, kpidIsDir) || !Text (i, kpidName, name))
      continue;
    if (i == 0 || IsHidden (i, name))
      dates.Add (Time (i, kpidCTime, &ns));
    has_links = has_links || IsHidden (i, name);
  }
  if (!has_links)
    dates.Clear ();
}

static int
Kind (UInt32 index, const CRecordVector<Int64> &hfs_links)
{
  return Flag (index, kpidIsDir) ? kind_folder : IsHfsLink (index, hfs_links) ? kind_unknown : kind_file;
}

/* 7-Zip's paths of these formats have `_` for some characters, end at some depth, and mix its own folders with those of the disk. */
static bool
TellChildren (void)
{
  CMyComPtr<IArchiveGetRawProps> tree;
  CRecordVector<Int64> hfs_links;
  archive->QueryInterface (IID_IArchiveGetRawProps, (void **) &tree);
  if (!tree)
    return false;
  DatesOfHfsLinks (hfs_links);
  const UInt32 items = Items ();
  for (UInt32 i = 0; i < items; ++i) {
    UInt32 parent = no_parent, type = 0;
    UString name;
    AString utf8;
    if (!IsFile (i) || !Text (i, kpidName, name) || tree->GetParent (i, &parent, &type) != S_OK || IsHidden (i, name))
      continue;
    if (format == format_hfs)
      name.Replace (L'/', L':'); /* as macOS and Linux do */
    ConvertUnicodeToUTF8 (name, utf8);
    seven_on_child (i, parent, IsRoot (i, parent), utf8.Ptr (), utf8.Len (), Kind (i, hfs_links), Mode (i));
  }
  return true;
}

EXPORT int
nbd_7z_items (void)
{
  if (format == format_other || !TellChildren ())
    TellPaths ();
  return 0;
}
