/* What is exported: what 7-Zip's handlers find on a disk, which is a file system or the image of another disk.
 *
 * A handler reads all that it keeps when it opens the disk. The archive stays open: src/wasm/replay.ts keeps the memory that opening has
 * left, and each later call begins with it.
 */
#include <new>
#include <stdlib.h>
#include <string.h>

#include "CPP/Common/IntToString.h"
#include "CPP/Common/MyInitGuid.h"
#include "CPP/Common/MyWindows.h"
#include "CPP/Common/MyCom.h"
#include "CPP/Common/MyString.h"
#include "CPP/Common/UTFConvert.h"
#include "CPP/Windows/PropVariant.h"
#include "CPP/7zip/Common/RegisterArc.h"
#include "CPP/7zip/Common/RegisterCodec.h"
#include "CPP/7zip/IStream.h"
#include "CPP/7zip/PropID.h"

#include "archive.h"
#include "disk.h"
#include "imports.h"
#include "ntfs.h"

using NWindows::NCOM::CPropVariant;

/* Linux's numbers, which Emscripten's C library has not. */
enum { linux_eio = 5, linux_enomem = 12, linux_einval = 22, linux_efbig = 27, linux_enotsup = 95, linux_euclean = 117 };

/* What a bad piece of contents costs: the next is tried behind it, in bytes. */
static const Int64 skipped_at_once = 1 << 16;
/* How far a call looks for parts, in bytes. */
static const Int64 farthest = 1 << 28;
static const UInt32 longest_link = 1 << 16;

IInArchive *archive;
EFormat format;
/* What the opening keeps at most. */
static UInt32 most_items;
static UInt64 most_bytes;

int
Failed (int code, const char *text)
{
  seven_on_failed (code, text);
  return -1;
}

/* Why an opening was ended. */
static char too_large[128];

static HRESULT
TooLarge (const char *what, UInt64 number, UInt64 most)
{
  char *at = MyStpCpy (too_large, what);
  *at++ = ' ';
  at = MyStpCpy (ConvertUInt64ToString (number, at), ", and at most ");
  MyStpCpy (ConvertUInt64ToString (most, at), " are read");
  return E_ABORT;
}

static int
FailedWith (HRESULT result, const char *what)
{
  switch (result) {
  case E_OUTOFMEMORY: seven_on_out_of_memory (); return -1;
  case E_NOTIMPL: return Failed (linux_enotsup, "the way in which it is stored, such as its compression, is not known");
  case E_ABORT: return Failed (linux_efbig, too_large);
  case E_FAIL: return Failed (linux_eio, "the disk could not be read");
  default: return Failed (linux_euclean, what);
  }
}

/* --- handlers, which register themselves --- */

static const CArcInfo *handlers[32];
static unsigned handler_count;

void
RegisterArc (const CArcInfo *info) throw ()
{
  if (handler_count < sizeof handlers / sizeof handlers[0])
    handlers[handler_count++] = info;
}

void
RegisterCodec (const CCodecInfo *) throw ()
{
}

void
RegisterHasher (const CHasherInfo *) throw ()
{
}

/* Stops an opening that goes beyond the bound. */
Z7_CLASS_IMP_COM_1 (CBound, IArchiveOpenCallback)
};

/* NTFS tells how long its list of files is, before it reads it: both numbers. Others tell one, which may be an estimate. */
Z7_COM7F_IMF (CBound::SetTotal (const UInt64 *files, const UInt64 *bytes))
{
  return files && bytes && *bytes > most_bytes ? TooLarge ("the bytes of its list of files (the MFT) are", *bytes, most_bytes) : S_OK;
}

Z7_COM7F_IMF (CBound::SetCompleted (const UInt64 *files, const UInt64 *))
{
  return files && *files > most_items ? TooLarge ("its files are more than", most_items, most_items) : S_OK;
}

static void
TellWarning (PROPID id)
{
  CPropVariant value;
  if (archive->GetArchiveProperty (id, &value) != S_OK)
    return;
  if (value.vt == VT_UI4 && value.ulVal != 0)
    seven_on_warning (value.ulVal, "", 0);
  if (value.vt == VT_BSTR) {
    AString text;
    ConvertUnicodeToUTF8 (UString (value.bstrVal), text);
    seven_on_warning (0, text.Ptr (), text.Len ());
  }
}

EXPORT void *
nbd_7z_alloc (size_t size)
{
  return malloc (size);
}

bool
Flag (UInt32 index, PROPID id)
{
  CPropVariant value;
  return archive->GetProperty (index, id, &value) == S_OK && value.vt == VT_BOOL && value.boolVal != VARIANT_FALSE;
}

Int64
Number (UInt32 index, PROPID id, Int64 otherwise)
{
  CPropVariant value;
  if (archive->GetProperty (index, id, &value) != S_OK)
    return otherwise;
  switch (value.vt) {
  case VT_UI1: return value.bVal;
  case VT_UI2: return value.uiVal;
  case VT_UI4: return value.ulVal;
  case VT_I8: return value.hVal.QuadPart;
  case VT_UI8: return (Int64) value.uhVal.QuadPart;
  default: return otherwise;
  }
}

UInt32
Mode (UInt32 index)
{
  AString target;
  if (format == format_ntfs)
    return Ntfs_Link (archive, index, target) ? 0120777 : 0;
  return (UInt32) Number (index, kpidPosixAttrib, 0);
}

UInt32
Items (void)
{
  UInt32 items = 0;
  archive->GetNumberOfItems (&items);
  return items;
}

static HRESULT
Open (const CArcInfo *handler, UInt64 disk_size)
{
  const UInt64 from_the_start = 0;
  CMyComPtr<IArchiveOpenCallback> bound = new CBound;
  archive = handler->CreateInArchive ();
  archive->AddRef ();
  return archive->Open (NewDisk (disk_size), &from_the_start, bound);
}

/* ISO 9660: with Joliet's names where there is no Rock Ridge. */
static HRESULT
OpenIso (const CArcInfo *handler, UInt64 disk_size)
{
  g_HideJoliet = true;
  HRESULT result = Open (handler, disk_size);
  g_HideJoliet = false;
  if (result != S_OK)
    return result;
  const UInt32 items = Items ();
  for (UInt32 i = 0; i < items; ++i)
    if (Mode (i) != 0)
      return S_OK;
  return Open (handler, disk_size);
}

static EFormat
FormatOf (const char *name)
{
  return strcmp (name, "NTFS") == 0 ? format_ntfs : strcmp (name, "HFS") == 0 ? format_hfs : format_other;
}

/* Opens a disk by the handler of a name. Returns the number of items. */
EXPORT int
nbd_7z_open (int64_t disk_size, const char *name, uint32_t items_limit, int64_t bytes_limit)
{
  std::set_new_handler (seven_on_out_of_memory);
  most_items = items_limit;
  most_bytes = (UInt64) bytes_limit;
  format = FormatOf (name);
  g_GoesOn = true;
  for (unsigned i = 0; i < handler_count; ++i) {
    if (strcmp (handlers[i]->Name, name) != 0)
      continue;
    const HRESULT result = (strcmp (name, "Iso") == 0 ? OpenIso : Open) (handlers[i], (UInt64) disk_size);
    g_GoesOn = false;
    if (result != S_OK)
      return FailedWith (result, "what is there is not of this format, or is damaged");
    const UInt32 items = Items ();
    if (items > most_items)
      return FailedWith (TooLarge ("its files are", items, most_items), "");
    TellWarning (kpidErrorFlags);
    TellWarning (kpidError);
    TellWarning (kpidWarningFlags);
    TellWarning (kpidWarning);
    return (int) items;
  }
  return Failed (linux_enotsup, "there is no handler of this name");
}

/* --- items --- */

Int64
Time (UInt32 index, PROPID id, int *nanoseconds)
{
  CPropVariant value;
  *nanoseconds = 0;
  if (archive->GetProperty (index, id, &value) != S_OK || value.vt != VT_FILETIME)
    return -1;
  *nanoseconds = value.wReserved1 != 0 && value.wReserved2 < 100 ? value.wReserved2 : 0;
  return ((Int64) value.filetime.dwHighDateTime << 32) | value.filetime.dwLowDateTime;
}

static Int64
Size (UInt32 index)
{
  AString target;
  if (format == format_ntfs && Ntfs_Link (archive, index, target))
    return target.Len ();
  return Number (index, kpidSize, -1);
}

EXPORT int
nbd_7z_stats (const uint32_t *indexes, int count)
{
  for (int i = 0; i < count; ++i) {
    const UInt32 index = indexes[i];
    int mtime_ns, atime_ns, ctime_ns, birth_ns;
    const Int64 mtime = Time (index, kpidMTime, &mtime_ns), atime = Time (index, kpidATime, &atime_ns);
    const Int64 ctime = Time (index, kpidChangeTime, &ctime_ns), birth = Time (index, kpidCTime, &birth_ns);
    seven_on_stat (index, Mode (index), Number (index, kpidUserId, -1), Number (index, kpidGroupId, -1), Number (index, kpidLinks, -1),
                   Number (index, kpidINode, -1), Size (index), Number (index, kpidPackSize, -1), mtime, mtime_ns, atime,
                   atime_ns, ctime, ctime_ns, birth, birth_ns);
  }
  return 0;
}

/* --- contents --- */

static HRESULT
OpenStream (UInt32 index, CMyComPtr<IInStream> &stream)
{
  CMyComPtr<IInArchiveGetStream> get;
  CMyComPtr<ISequentialInStream> sequential;
  archive->QueryInterface (IID_IInArchiveGetStream, (void **) &get);
  if (!get)
    return E_NOTIMPL;
  const HRESULT result = get->GetStream (index, &sequential);
  if (result != S_OK)
    return result == S_FALSE && !replay_is_missing () ? E_NOTIMPL : result;
  if (sequential)
    sequential.QueryInterface (IID_IInStream, &stream);
  return stream ? S_OK : E_NOTIMPL;
}

/* The target of a symbolic link: a property where the handler has one, and else what it has as contents. */
EXPORT int
nbd_7z_readlink (uint32_t index)
{
  CPropVariant target;
  AString ntfs_target;
  if (format == format_ntfs && Ntfs_Link (archive, index, ntfs_target)) {
    seven_on_bytes (0, ntfs_target.Ptr (), ntfs_target.Len ());
    return 0;
  }
  if (archive->GetProperty (index, kpidSymLink, &target) == S_OK && target.vt == VT_BSTR) {
    AString text;
    ConvertUnicodeToUTF8 (UString (target.bstrVal), text);
    seven_on_bytes (0, text.Ptr (), text.Len ());
    return 0;
  }
  CMyComPtr<IInStream> stream;
  HRESULT result = OpenStream (index, stream);
  if (result != S_OK)
    return FailedWith (result, "the symbolic link is damaged");
  Byte *const bytes = (Byte *) malloc (longest_link);
  UInt32 length = 0;
  if (bytes == NULL)
    return FailedWith (E_OUTOFMEMORY, "");
  for (UInt32 read = 1; read != 0 && length < longest_link; length += read) {
    read = 0;
    result = stream->Read (bytes + length, longest_link - length, &read);
    if (result != S_OK)
      return FailedWith (result, "the symbolic link is damaged");
  }
  seven_on_bytes (0, bytes, length);
  return 0;
}

/* Tells the size of an item that has none among its properties, such as an image's. */
EXPORT int64_t
nbd_7z_size (uint32_t index)
{
  CMyComPtr<IInStream> stream;
  UInt64 size = 0;
  HRESULT result = OpenStream (index, stream);
  if (result == S_OK)
    result = stream->Seek (0, STREAM_SEEK_END, &size);
  return result == S_OK ? (int64_t) size : FailedWith (result, "nothing tells its size");
}

static bool
IsZero (const Byte *data, size_t length)
{
  return length == 0 || (data[0] == 0 && memcmp (data, data + 1, length - 1) == 0);
}

static size_t
Tell (size_t start, size_t end)
{
  const CContentsBuffer &c = g_Contents;
  if (start >= end)
    return 0;
  const Int64 offset = c.offset + (Int64) start;
  if (IsZero (c.data + start, end - start)) {
    seven_on_zeroes (offset, (Int64) (end - start));
    return 0;
  }
  seven_on_bytes (offset, c.data + start, end - start);
  return end - start;
}

/* Tells parts of an item, from one offset to another: at most so many, and about so many bytes of those that are not in a place of the
 * disk.
 *
 * Where bytes are missing it goes on behind them, so that many are fetched at a time. Where they cannot be read, what was told before is
 * the result, and the next call, which begins there, fails. */
EXPORT int
nbd_7z_contents (uint32_t index, int64_t from, int64_t to, int64_t wanted, int most)
{
  CContentsBuffer &c = g_Contents;
  CMyComPtr<IInStream> stream;
  HRESULT result = S_OK;
  if (format == format_ntfs) {
    if (const char *const why = Ntfs_Refusal (archive, index))
      return Failed (linux_enotsup, why);
    if (Ntfs_TellRuns (archive, index, (UInt64) from, (UInt64) to, most, result))
      return result == S_OK ? 0 : FailedWith (result, "its list of runs is damaged");
  }
  result = OpenStream (index, stream);
  if (result != S_OK)
    return FailedWith (result, "its contents are damaged");
  Int64 at = from, told = 0;
  for (; at < to && at - from < farthest && told < wanted && most > 0; most--) {
    const Int64 rest = to - at;
    UInt32 read = 0;
    c.length = rest < CContentsBuffer::kSize ? (size_t) rest : (size_t) CContentsBuffer::kSize;
    c.offset = at;
    c.placed_start = c.placed_end = 0;
    result = stream->Seek (at, STREAM_SEEK_SET, NULL);
    if (result == S_OK)
      result = stream->Read (c.data, (UInt32) c.length, &read);
    c.length = 0;
    if (result == S_OK && read != 0) {
      const size_t end = read;
      told += (Int64) Tell (0, c.placed_start < end ? c.placed_start : end);
      told += (Int64) Tell (c.placed_end, end);
      at += read;
    } else if (replay_is_missing ()) {
      const Int64 next = (at / skipped_at_once + 1) * skipped_at_once;
      told += next - at;
      at = next;
    } else if (at == from) {
      return FailedWith (result == S_OK ? S_FALSE : result, "its contents are damaged");
    } else {
      break;
    }
  }
  return 0;
}
