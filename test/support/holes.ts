// Which parts of a file are data and which are holes.
import { run } from './processes.js';

/** How many bytes of a file are data by SEEK_DATA, as qemu-img tells. A file's blocks also count what the file system needs itself. */
export async function dataBytes(path: string): Promise<number> {
  const json = await run('qemu-img', 'map', '--output=json', '-f', 'raw', path);
  const map = JSON.parse(json.toString()) as { length: number; data: boolean }[];
  return map.filter(({ data }) => data).reduce((sum, { length }) => sum + length, 0);
}
