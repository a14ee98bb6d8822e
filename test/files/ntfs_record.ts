// Where something stands in the record of a file in an NTFS, to change it.

/** Its attributes, such as FILE_ATTRIBUTE_ENCRYPTED; the attribute of its contents; what follows its last attribute. */
type Part = 'fileAttributes' | 'data' | 'end';

const recordSize = 1024;

/** The offset of a part. */
export function attributeOf(bytes: Uint8Array, name: string, part: Part): number {
  const view = new DataView(bytes.buffer);
  const wanted = Buffer.from(name, 'utf16le');
  for (let at = 0; at < bytes.length; at += recordSize) {
    if (Buffer.from(bytes.buffer, at, 4).toString('latin1') !== 'FILE' || (view.getUint16(at + 0x16, true) & 1) === 0) continue;
    const found = partsOf(view, at);
    const file = found.get(0x30);
    if (file === undefined) continue;
    const length = 2 * (bytes[file + 0x18 + 0x40] ?? 0);
    if (Buffer.compare(Buffer.from(bytes.buffer, file + 0x18 + 0x42, length), wanted) !== 0) continue;
    const attribute = found.get({ fileAttributes: 0x10, data: 0x80, end: 0xffffffff }[part]);
    if (attribute === undefined) throw new Error(`${name} has no ${part}`);
    return part === 'fileAttributes' ? attribute + 0x18 + 0x20 : attribute;
  }
  throw new Error(`there is no record of ${name}`);
}

/** The attributes of a record, by their types. */
function partsOf(view: DataView, record: number): Map<number, number> {
  const found = new Map<number, number>();
  for (let at = record + view.getUint16(record + 0x14, true); at < record + recordSize - 8; at += view.getUint32(at + 4, true)) {
    const type = view.getUint32(at, true);
    found.set(type, at);
    if (type === 0xffffffff) break;
  }
  return found;
}
