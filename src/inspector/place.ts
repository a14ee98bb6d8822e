// The place that the page shows, as the fragment of its address: #disk=demo&at=0x100000&len=512&zoom=0x0-0x2000000&part=2&path=/etc/fstab

import type { FilesPlace } from './files_place.js';
import { type ImagePlace, longestPath, readImagePlaces, writeImagePlace } from './image_place.js';
import type { Selection, View } from './selection.js';

/** What a link leads to. All of it may be missing, and none of it is to be believed: anybody may have written the link. */
export interface Place {
  /** The name of a disk that the page's own server has. */
  readonly disk?: string | undefined;
  /** The URL of a WebSocket, without a token. */
  readonly url?: string | undefined;
  /** The export, where the disk's server has several. */
  readonly exportName?: string | undefined;
  /** The images that are opened as disks, each on the one before; what follows is a place on the last. */
  readonly inside?: readonly ImagePlace[] | undefined;
  /** What is selected. */
  readonly at?: bigint | undefined;
  readonly length?: bigint | undefined;
  /** What is zoomed; the whole disk unless told otherwise. */
  readonly view?: View | undefined;
  /** The file or the directory that is shown in the bytes' stead. */
  readonly files?: FilesPlace | undefined;
}

/** No offset or size of a disk has more digits: NBD counts in 64 bits. */
const number = /^(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i;

/** Reads a fragment, with its `#` or without. What makes no sense is left out. */
export function readPlace(fragment: string): Place {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const [from, to] = (fields.get('zoom') ?? '').split('-').map(readNumber);
  const [path, part] = [fields.get('path'), fields.get('part')];
  return {
    disk: fields.get('disk') ?? undefined,
    url: fields.get('url') ?? undefined,
    exportName: fields.get('export') ?? undefined,
    inside: fields.has('in') ? readImagePlaces(fields.getAll('in')) : undefined,
    at: readNumber(fields.get('at')),
    length: readNumber(fields.get('len')),
    view: from !== undefined && to !== undefined && to > from ? { offset: from, length: to - from } : undefined,
    files:
      path === null || path.length > longestPath
        ? undefined
        : { path, partition: part !== null && /^\d{1,9}$/.test(part) ? Number(part) : undefined },
  };
}

/** The fragment of a place, without its `#`. It never has a token. */
export function writePlace({ disk, url, exportName, inside = [], at, length, view, files }: Place): string {
  const fields = new URLSearchParams();
  if (disk !== undefined) fields.set('disk', disk);
  if (url !== undefined) fields.set('url', withoutToken(url));
  if (exportName !== undefined) fields.set('export', exportName);
  for (const place of inside) fields.append('in', writeImagePlace(place));
  if (at !== undefined) {
    fields.set('at', `0x${at.toString(16)}`);
    if (length !== undefined) fields.set('len', String(length));
  }
  if (view !== undefined) fields.set('zoom', `0x${view.offset.toString(16)}-0x${(view.offset + view.length).toString(16)}`);
  if (files?.partition !== undefined) fields.set('part', String(files.partition));
  if (files !== undefined) fields.set('path', files.path);
  return readable(fields);
}

/** The fields as text. A path is easier to read with its slashes, and a number before it with its colon, which a fragment may have. */
function readable(fields: URLSearchParams): string {
  const isPath = (name: string) => name === 'in' || name === 'path';
  const texts = Array.from(fields, ([name, value]) => {
    const text = new URLSearchParams({ [name]: value }).toString();
    return isPath(name) ? text.replaceAll('%2F', '/').replaceAll('%3A', ':') : text;
  });
  return texts.join('&');
}

/** Whether two places are on the same disk of a server. */
export function isSameDisk(one: Place, other: Place): boolean {
  return one.disk === other.disk && one.url === other.url && one.exportName === other.exportName;
}

/** The cursor may go so far, in bytes, and has not left the place that back leads to. */
const near = 64n * 1024n;

/**
 * Whether going from one selection to another is no step of its own, which back would undo: the cursor has moved on, or a selection has grown
 * or shrunk at one of its ends.
 */
export function isSameStep(before: Selection, now: Selection): boolean {
  const [endBefore, end] = [before.offset + before.length, now.offset + now.length];
  if (before.length > 1n || now.length > 1n) return before.offset === now.offset || endBefore === end;
  const distance = before.offset - now.offset;
  return distance < near && -distance < near;
}

/** A URL without the parameter `token`; what is no URL is left as it is. */
export function withoutToken(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (!parsed.searchParams.has('token')) return url;
  parsed.searchParams.delete('token');
  return parsed.href;
}

function readNumber(text: string | null | undefined): bigint | undefined {
  return text !== null && text !== undefined && number.test(text) ? BigInt(text) : undefined;
}
