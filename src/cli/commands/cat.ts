// `libnbd-wasm cat`: the contents of files of a disk.
import { defineCommand } from '../command.js';
import { diskPath, noMore, pathHelp, withFiles } from '../files/opened.js';
import { print } from '../printing/output.js';
import { patienceOptions } from '../servers/patience.js';

export const command = defineCommand({
  name: 'cat',
  summary: 'prints a file of a disk',
  synopsis: ['[OPTION ...] URI | [ CMD ARGS ... ] [N:]PATH'],
  about: `Writes the contents of a file that is on a disk to standard output.

${pathHelp}`,
  options: patienceOptions,
  operands: 'servers',
  examples: [['libnbd-wasm cat nbd://localhost 2:/etc/fstab', 'prints a file of the second partition']],
  async run({ values, operands: [disk, word, ...rest] }) {
    const place = diskPath(word);
    noMore(rest);
    return withFiles(disk, place, values, async (files, patience) => {
      for await (const chunk of await files.readable(place.path, { signal: patience.signal })) {
        await patience.aside(print(chunk));
      }
      return 0;
    });
  },
});
