// What a file is, by the upper four bits of its mode.
import type { FileType } from './types.js';

const types: ReadonlyMap<number, FileType> = new Map([
  [0o01, 'fifo'],
  [0o02, 'character'],
  [0o04, 'directory'],
  [0o06, 'block'],
  [0o10, 'file'],
  [0o12, 'symlink'],
  [0o14, 'socket'],
]);

export const typeOfMode = (mode: number): FileType | undefined => types.get((mode >> 12) & 0o17);
