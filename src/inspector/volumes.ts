// The parts of a disk that may have files.
import type { Content, Probe } from '../probe/types.js';
import type { FilesVolume } from './files_place.js';
import { contentInWords } from './probing.js';

/** The parts of a disk that have a file system, whether it can be read or not: the code that reads them knows better. */
export function volumesOf(found: Probe | undefined): FilesVolume[] {
  if (found === undefined) return [];
  const { content, partitions, size } = found;
  const hasFiles = (content: Content | undefined) => content?.usage === 'filesystem';
  const parts = partitions.flatMap(({ number, start, size, content, extended }) =>
    extended || !hasFiles(content)
      ? []
      : [{ partition: number, start, size, type: content?.type, title: `partition ${number}, ${contentInWords(content)}` }],
  );
  if (!hasFiles(content)) return parts;
  const whole = { partition: undefined, start: 0n, size, type: content?.type };
  return [{ ...whole, title: `the whole disk, ${contentInWords(content)}` }, ...parts];
}
