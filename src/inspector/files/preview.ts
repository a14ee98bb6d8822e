// What a file is shown as: text, a picture, or bytes. A file's name says nothing here, and no markup is ever interpreted: a picture is of a
// type that its first bytes have and that holds nothing but pixels.
import type { FileSystem } from '../../files/file_system.js';
import { escapeControls } from '../../text/escape.js';
import { diskPath } from './names.js';

export type Preview =
  | { readonly kind: 'text'; readonly text: string; readonly isCut: boolean }
  | { readonly kind: 'picture'; readonly blob: Blob }
  | { readonly kind: 'hex' };

/** In bytes. */
export const mostText = 2 ** 20;
export const mostPicture = 2 ** 25;
/** What is looked at to tell what a file is, in bytes. */
const head = 4096;

export async function previewOf(
  files: FileSystem,
  path: string,
  size: bigint,
  wanted: Preview['kind'] | undefined,
  signal: AbortSignal,
): Promise<Preview> {
  if (wanted === 'hex') return { kind: 'hex' };
  const read = (end: number) => files.read(diskPath(path), { end, signal });
  const first = await read(head);
  const type = pictureType(first);
  if (type !== undefined && size <= BigInt(mostPicture) && wanted !== 'text') {
    return { kind: 'picture', blob: new Blob([await read(mostPicture)], { type }) };
  }
  if (wanted !== 'text' && !isText(first)) return { kind: 'hex' };
  const bytes = size <= BigInt(head) ? first : await read(mostText);
  return { kind: 'text', text: shownText(bytes), isCut: size > BigInt(mostText) };
}

/** Each begins so, from an offset on. */
const pictures: readonly (readonly [type: string, offset: number, begins: string])[] = [
  ['image/png', 0, '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', 0, '\xff\xd8\xff'],
  ['image/gif', 0, 'GIF87a'],
  ['image/gif', 0, 'GIF89a'],
  ['image/webp', 8, 'WEBPVP8'],
  ['image/avif', 4, 'ftypavif'],
  ['image/avif', 4, 'ftypavis'],
];

function pictureType(bytes: Uint8Array): string | undefined {
  const begins = String.fromCharCode(...bytes.subarray(0, 32));
  const found = pictures.find(([, offset, text]) => begins.startsWith(text, offset));
  if (found !== undefined) return found[0];
  // Two letters would be too little: a BMP has the length of its second header there, a small number.
  const isBitmap = begins.startsWith('BM') && [12, 40, 52, 56, 64, 108, 124].includes(bytes[14] ?? 0) && bytes[15] === 0;
  return isBitmap ? 'image/bmp' : undefined;
}

/** UTF-8 without a NUL, as far as was looked. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true }); // a character may be cut at the end
    return true;
  } catch {
    return false;
  }
}

/** Lines and tabs stay; what would not be seen as what it is is escaped. */
const shownText = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes).replaceAll(/[^\n\t]+/g, (text) => escapeControls(text.replace(/\r$/, '')));
