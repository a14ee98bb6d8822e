// Names and paths of a disk's files as the page has them: text that loses nothing, for links and keys, and text that is safe to show.
//
// A path is its names, each after a slash. A byte that is not UTF-8 stands as %E9, and so does a % that would be taken for one.
import type { DirectoryEntry, Path } from '../../files/types.js';
import { escapeControls } from '../../text/escape.js';

export const root = '/';

const percent = 0x25;
const escaped = /%[0-9a-f]{2}/i;

/** A path without `.`, `..` and double slashes. */
export function normalized(path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

export const joined = (directory: string, name: string): string => (directory === root ? `/${name}` : `${directory}/${name}`);

export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || root;

export const lastName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The directories above a path, from the root on, and the path itself. */
export function pathsTo(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  return [root, ...names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`)];
}

/** A name in a path. */
export function nameInPath({ name, bytes }: Pick<DirectoryEntry, 'name' | 'bytes'>): string {
  if (bytes === undefined) return name.replaceAll(new RegExp(escaped, 'gi'), (text) => `%25${text.slice(1)}`);
  return textOfBytes(bytes);
}

/** Bytes as a path has them. */
export const textOfBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (byte >= 0x80 || byte === percent ? `%${hex(byte)}` : String.fromCharCode(byte))).join('');

/** A path as the library takes it. */
export function diskPath(path: string): Path {
  if (!escaped.test(path)) return path;
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (const part of path.split(/(%[0-9a-f]{2})/i)) {
    if (escaped.test(part) && part.length === 3) bytes.push(Number.parseInt(part.slice(1), 16));
    else bytes.push(...encoder.encode(part));
  }
  return Uint8Array.from(bytes);
}

/** A name or a path for people: bytes that are not UTF-8 as `\xe9`, and control characters escaped. */
export function shown(path: string): string {
  const raw = diskPath(path);
  return typeof raw === 'string' ? escapeControls(raw) : shownBytes(raw);
}

function shownBytes(bytes: Uint8Array): string {
  try {
    return escapeControls(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    const text = Array.from(bytes, (byte) => (byte >= 0x80 ? `\\x${hex(byte)}` : String.fromCharCode(byte))).join('');
    return escapeControls(text);
  }
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
