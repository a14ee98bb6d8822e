/* The disk, as 7-Zip's handlers read it. */
#include <string.h>

#include "disk.h"
#include "imports.h"

/* A longer read is answered with so much: handlers go on from there. */
static const UInt32 longest_read = 1 << 22;

CContentsBuffer g_Contents;
bool g_HideJoliet;
bool g_GoesOn;

/* The descriptors of ISO 9660: one in each sector of 2048 bytes from the 16th on. The first byte is the kind. */
enum { first_descriptor = 16, last_descriptor = 80, descriptor_size = 2048, primary = 1, supplementary = 2, terminator = 255 };

Z7_CLASS_IMP_COM_1 (CDisk, IInStream)
  Z7_IFACE_COM7_IMP (ISequentialInStream)
public:
  UInt64 _at, _size;
};

/* Tells the place of a read into the buffer of contents. Returns whether it was one. */
static bool
TellPlace (const Byte *data, UInt32 length, UInt64 place)
{
  CContentsBuffer &c = g_Contents;
  if (c.length == 0 || data < c.data || data >= c.data + c.length || length > (size_t) (c.data + c.length - data))
    return false;
  const size_t start = (size_t) (data - c.data);
  if (c.placed_end != c.placed_start && c.placed_end != start)
    return false;
  if (c.placed_end == c.placed_start)
    c.placed_start = start;
  c.placed_end = start + length;
  seven_on_place (c.offset + (Int64) start, length, (Int64) place);
  return true;
}

static void
HideJoliet (Byte *data, UInt32 length, UInt64 at)
{
  for (UInt64 i = first_descriptor; g_HideJoliet && i < last_descriptor; ++i) {
    const UInt64 place = i * descriptor_size;
    if (place < at || place >= at + length)
      continue;
    Byte *const kind = data + (place - at);
    if (*kind == terminator)
      g_HideJoliet = false;
    else if (*kind == supplementary)
      *kind = primary;
  }
}

Z7_COM7F_IMF (CDisk::Read (void *data, UInt32 length, UInt32 *processed))
{
  if (processed)
    *processed = 0;
  if (_at >= _size || length == 0)
    return S_OK;
  if (length > _size - _at)
    length = (UInt32) (_size - _at);
  if (length > longest_read)
    length = longest_read;
  if (!TellPlace ((const Byte *) data, length, _at) && replay_disk_read (data, length, (Int64) _at) != 0) {
    if (!g_GoesOn || !replay_is_missing ())
      return E_FAIL;
    memset (data, 0, length);
  }
  HideJoliet ((Byte *) data, length, _at);
  _at += length;
  if (processed)
    *processed = length;
  return S_OK;
}

Z7_COM7F_IMF (CDisk::Seek (Int64 offset, UInt32 origin, UInt64 *position))
{
  UInt64 base = 0;
  switch (origin) {
  case STREAM_SEEK_SET: break;
  case STREAM_SEEK_CUR: base = _at; break;
  case STREAM_SEEK_END: base = _size; break;
  default: return STG_E_INVALIDFUNCTION;
  }
  if (offset < 0 && (UInt64) -offset > base)
    return HRESULT_WIN32_ERROR_NEGATIVE_SEEK;
  _at = base + (UInt64) offset;
  if (position)
    *position = _at;
  return S_OK;
}

IInStream *
NewDisk (UInt64 size)
{
  CDisk *disk = new CDisk;
  disk->_at = 0;
  disk->_size = size;
  IInStream *const stream = disk;
  stream->AddRef ();
  return stream;
}
