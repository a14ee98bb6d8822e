// `libnbd-wasm cp`: files out of a disk.
import { lstat, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defineCommand, flag } from '../command.js';
import { Extraction } from '../files/extraction.js';
import { bytesOf } from '../files/names.js';
import { diskPath, noMore, pathHelp, withFiles } from '../files/opened.js';
import { interruptible } from '../interruption.js';
import { complain } from '../printing/output.js';
import { patienceOptions } from '../servers/patience.js';
import { UsageError } from '../usage.js';

export const command = defineCommand({
  name: 'cp',
  summary: 'copies files out of a disk',
  synopsis: ['[-R] [OPTION ...] URI | [ CMD ARGS ... ] [N:]PATH DEST'],
  about: `Copies a file, or with -R a directory and all that is in it, out of a disk to DEST: into it where it is a directory. Holes stay holes, and
times and permissions are kept. A disk may be hostile: nothing is written outside DEST, symbolic links that are there are not followed, and those of
the disk are made last. There are no devices, pipes and sockets, and no setuid and setgid bits.

${pathHelp}`,
  options: {
    recursive: flag('directories, with all that is in them', { short: 'R', aliases: ['r'] }),
    preserve: flag('keep owners, and files with several names as one, too'),
    verbose: flag('print each name to standard error', { short: 'v' }),
    ...patienceOptions,
  },
  operands: 'servers',
  examples: [['libnbd-wasm cp -R nbd://localhost 2:/home/me/letters .', 'brings a directory back']],
  async run({ values, operands: [disk, word, destination, ...rest] }) {
    const place = diskPath(word);
    if (typeof destination !== 'string') throw new UsageError('a destination is expected after the path');
    noMore(rest);
    const work = (signal: AbortSignal) =>
      withFiles(disk, place, values, async (files, patience) => {
        const extraction = new Extraction(files, values, patience, signal, complain);
        const name = basename(place.path);
        const isInto = await isDirectory(destination);
        const to = isInto && !['', '.', '..'].includes(name) ? join(destination, name) : destination;
        await extraction.extract(bytesOf(place.path), Buffer.from(to), to === destination);
        return extraction.exitCode;
      });
    return interruptible(work);
  },
});

/** Also behind a link: DEST itself is the user's word. */
async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (await lstat(path).catch(() => undefined)) throw error;
    return false;
  }
}
