// Brings one folder back out of a backup: node examples/restore_folder.mjs URI PARTITION FOLDER DESTINATION
// A name that a disk has may be hostile, so each is looked at: `libnbd-wasm cp -R` does this, and looks at links as well.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copy, fileSystem, openDisk, partitions } from 'libnbd-wasm';

const [uri = '', number, folder = '/', destination = '.'] = process.argv.slice(2);
const disk = await openDisk(uri, { readOnly: true });
const partition = (await partitions(disk)).partitions.find((one) => one.number === Number(number));
const files = await fileSystem(disk, { partition });
await mkdir(destination); // new, so that nothing is in it that leads elsewhere
for await (const { name, type } of files.readdir(folder)) {
  if (type !== 'file' || /[/\0]/.test(name)) continue;
  await copy(await files.disk(`${folder}/${name}`), join(destination, name), {
    progress: ({ bytes }) => console.log(name, bytes),
  });
}
await disk.shutdown();
