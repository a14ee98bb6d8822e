// Names and paths of a disk's files, as bytes: they need not be UTF-8.
import type { DirectoryEntry } from '../../node.js';

const slash = 0x2f;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** For messages. */
export const textOf = (path: Uint8Array): string => decoder.decode(path);

export const nameOf = ({ name, bytes }: DirectoryEntry): Uint8Array => bytes ?? bytesOf(name);

/** A name in a directory. */
export function join(directory: Uint8Array, name: Uint8Array): Uint8Array {
  const isRoot = directory.at(-1) === slash;
  const path = new Uint8Array(directory.length + (isRoot ? 0 : 1) + name.length);
  path.set(directory);
  if (!isRoot) path[directory.length] = slash;
  path.set(name, path.length - name.length);
  return path;
}
