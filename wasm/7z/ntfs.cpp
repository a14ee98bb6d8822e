/* NTFS, where 7-Zip's own interface does not say enough. Its handler is compiled here, as it is, so that what it keeps of files can be seen:
 *
 * - It says nothing of what it gives as stored: files that are encrypted, and those that Windows keeps somewhere else.
 * - It takes any file with holes for a compressed one, or refuses it. The runs of what is not compressed are told from here.
 * - Symbolic links and junctions are files to it.
 */
#include "CPP/7zip/Archive/NtfsHandler.cpp"

#include "CPP/Common/UTFConvert.h"

#include "imports.h"
#include "ntfs.h"

using namespace NArchive::Ntfs;

enum { attribute_system = 0x4, attribute_reparse = 0x400, attribute_compressed = 0x800, attribute_encrypted = 0x4000 };
/* IO_REPARSE_TAG_*. */
enum : UInt32 {
  tag_junction = 0xA0000003, tag_symlink = 0xA000000C, tag_linux_symlink = 0xA000001D,
  tag_hsm = 0xC0000004, tag_dedup = 0x80000013, tag_compact = 0x80000017, tag_cloud = 0x9000001A, tag_cloud_mask = 0xFFFF0FFF
};
enum { reparse_header = 8, symlink_is_relative = 1 };

static const CDatabase &
DatabaseOf (IInArchive *archive)
{
  return *static_cast<CHandler *> (archive);
}

/* NULL for folders that are 7-Zip's own. */
static const CMftRec *
RecordOf (const CDatabase &db, UInt32 index)
{
  return index < db.Items.Size () ? &db.Recs[db.Items[index].RecIndex] : NULL;
}

/* The data behind the header of a reparse point, with its tag: 0 where it has none that can be read. What is not in the record is a list
   of runs here, in which no length is right. */
static UInt32
Reparse (const CMftRec &rec, const Byte *&data, size_t &length)
{
  const CByteBuffer &all = rec.ReparseData;
  if (all.Size () < reparse_header || Get16 (all + 4) > all.Size () - reparse_header)
    return 0;
  data = all + reparse_header;
  length = Get16 (all + 4);
  return Get32 (all);
}

/* The target of a link as it is in UTF-16, with `/` between its names. */
static bool
Target (const Byte *data, size_t length, size_t header, bool is_absolute, AString &target)
{
  if (length < header)
    return false;
  const size_t offset = Get16 (data), bytes = Get16 (data + 2);
  if (offset > length - header || bytes > length - header - offset)
    return false;
  UString text;
  for (size_t i = 0; i + 1 < bytes; i += 2) {
    const wchar_t c = Get16 (data + header + offset + i);
    text += c == L'\\' ? L'/' : c;
  }
  if (is_absolute && text.IsPrefixedBy (L"/??/")) /* how the kernel of Windows begins them */
    text.DeleteFrontal (4);
  ConvertUnicodeToUTF8 (text, target);
  return !target.IsEmpty ();
}

/* What ntfs-3g makes of a symbolic link: a small system file. */
static bool
InterixTarget (const CDatabase &db, UInt32 index, AString &target)
{
  static const char magic[] = "IntxLNK\1";
  const size_t magic_length = sizeof magic - 1;
  const CItem &item = db.Items[index];
  const CMftRec &rec = db.Recs[item.RecIndex];
  if ((rec.SiAttr.Attrib & attribute_system) == 0 || item.DataIndex < 0)
    return false;
  const CAttr &data = rec.DataAttrs[rec.DataRefs[item.DataIndex].Start];
  if (data.NonResident || data.Data.Size () <= magic_length || memcmp (data.Data, magic, magic_length) != 0)
    return false;
  UString text;
  for (size_t i = magic_length; i + 1 < data.Data.Size (); i += 2)
    text += (wchar_t) Get16 (data.Data + i);
  ConvertUnicodeToUTF8 (text, target);
  return true;
}

bool
Ntfs_Link (IInArchive *archive, UInt32 index, AString &target)
{
  const CDatabase &db = DatabaseOf (archive);
  const CMftRec *const rec = RecordOf (db, index);
  const Byte *data = NULL;
  size_t length = 0;
  if (rec == NULL)
    return false;
  switch (Reparse (*rec, data, length)) {
  case tag_symlink:
    return length >= 12 && Target (data, length, 12, (Get32 (data + 8) & symlink_is_relative) == 0, target);
  case tag_junction:
    return Target (data, length, 8, true, target);
  case tag_linux_symlink:
    if (length <= 4)
      return false;
    target.SetFrom ((const char *) data + 4, (unsigned) length - 4);
    return true;
  default:
    return InterixTarget (db, index, target);
  }
}

const char *
Ntfs_Refusal (IInArchive *archive, UInt32 index)
{
  const CMftRec *const rec = RecordOf (DatabaseOf (archive), index);
  const Byte *data = NULL;
  size_t length = 0;
  if (rec == NULL)
    return NULL;
  if (rec->SiAttr.Attrib & attribute_encrypted)
    return "it is encrypted (Windows' EFS): only Windows with the key can read it";
  if ((rec->SiAttr.Attrib & attribute_reparse) == 0 && rec->ReparseData.Size () == 0)
    return NULL;
  const UInt32 tag = Reparse (*rec, data, length);
  if (tag == tag_compact)
    return "it is compressed by Windows' CompactOS (a reparse point), which is not known here: only Windows can read it";
  if (tag == tag_dedup)
    return "its contents are in Windows' store of deduplicated data (a reparse point): only Windows can read it";
  if ((tag & tag_cloud_mask) == (tag_cloud & tag_cloud_mask) || tag == tag_hsm)
    return "its contents may be in a cloud, such as OneDrive, and not on the disk (a reparse point)";
  return "it is a reparse point of Windows of a kind that is not known here: its contents may be somewhere else";
}

bool
Ntfs_IsRoot (IInArchive *archive, UInt32 index)
{
  const CDatabase &db = DatabaseOf (archive);
  return index < db.Items.Size () && db.Items[index].RecIndex == kRecIndex_RootDir && db.Items[index].IsDir ();
}

static void
TellRun (UInt64 start, UInt64 end, bool is_hole, UInt64 place)
{
  if (start >= end)
    return;
  if (is_hole)
    seven_on_zeroes ((Int64) start, (Int64) (end - start));
  else
    seven_on_place ((Int64) start, (Int64) (end - start), (Int64) place);
}

bool
Ntfs_TellRuns (IInArchive *archive, UInt32 index, UInt64 from, UInt64 to, int most, HRESULT &result)
{
  const CDatabase &db = DatabaseOf (archive);
  const CMftRec *const rec = RecordOf (db, index);
  if (rec == NULL || db.Items[index].DataIndex < 0)
    return false;
  const CDataRef &ref = rec->DataRefs[db.Items[index].DataIndex];
  const CAttr &first = rec->DataAttrs[ref.Start];
  /* Files with holes have a unit as well, if an old Windows made them, or ntfs-3g. */
  if (!first.NonResident || (first.CompressionUnit != 0 && (rec->SiAttr.Attrib & attribute_compressed)))
    return false;

  CRecordVector<CExtent> extents;
  CExtent extent;
  extent.Virt = 0;
  extent.Phy = kEmptyExtent;
  extents.Add (extent);
  result = S_FALSE;
  for (unsigned i = ref.Start; i < ref.Start + ref.Num; i++)
    /* Any unit but 0 allows holes, and has no other effect. */
    if (!rec->DataAttrs[i].NonResident || !rec->DataAttrs[i].ParseExtents (extents, db.Header.NumClusters, 1))
      return true;
  const unsigned log = db.Header.ClusterSizeLog;
  if (extents.Back ().Virt != first.AllocatedSize >> log || first.AllocatedSize < first.Size)
    return true;

  result = S_OK;
  for (unsigned i = 0; i + 1 < extents.Size () && most > 0; i++) {
    const UInt64 run_end = MyMin (extents[i + 1].Virt << log, to);
    const UInt64 start = MyMax (extents[i].Virt << log, from);
    if (start >= run_end)
      continue;
    const bool is_hole = extents[i].IsEmpty ();
    /* What was never written reads as zeroes, whatever is on the disk. */
    const UInt64 written = is_hole ? start : MyMin (MyMax (first.InitializedSize, start), run_end);
    TellRun (start, written, false, (extents[i].Phy << log) + (start - (extents[i].Virt << log)));
    TellRun (written, run_end, true, 0);
    most--;
  }
  return true;
}
