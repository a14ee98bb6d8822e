// Opens the image of a disk as a disk.
import { checkedSignal } from '../../base/abort.js';
import { NBDError, retold } from '../../base/errors.js';
import { BlockReader } from '../../disk/block_reader.js';
import type { Disk } from '../../disk/disk.js';
import type { Engine } from '../engine.js';
import { FileDisk, type FileSource } from '../file_disk.js';
import { DiskVolume } from '../volume.js';
import { formatOf, imageFormats, readHeader, refuseParts } from './headers.js';
import type { DiskImage, ImageOptions } from './options.js';

export async function openImage(load: () => Promise<Engine>, disk: Disk, options: ImageOptions): Promise<DiskImage> {
  const call = 'diskImage';
  const signal = checkedSignal(call, options);
  if (options.format !== undefined && !imageFormats.includes(options.format)) {
    throw new TypeError(`${call}: format must be one of ${imageFormats.join(', ')}, not ${options.format}`);
  }
  const reader = await BlockReader.over(call, disk, options.cache ?? {}, 2 ** 15);
  const header = await readHeader(reader, signal);
  const format = options.format ?? formatOf(header);
  if (format === undefined) {
    throw new NBDError(`${call}: it is no image of a disk. What can be read: ${imageFormats.join(', ')}`, 'ENOTSUP');
  }
  refuseParts(format, header);
  const volume = new DiskVolume(reader, { start: 0n, end: reader.geometry.size });
  try {
    const files = await (await load()).open(volume, format, signal);
    const file = await files.lookup(Uint8Array.of(0x2f, 0), true, signal).catch((error: unknown) => {
      files.close?.();
      throw error;
    });
    return new ImageDisk({ name: `the ${format}`, files, file, reader, start: 0n, length: volume.size });
  } catch (error) {
    if (!(error instanceof NBDError) || error.isFatal) throw error;
    throw retold(error, { message: `${call}: ${error.message}`, cause: error.cause });
  }
}

class ImageDisk extends FileDisk implements DiskImage {
  readonly #source: FileSource;

  constructor(source: FileSource) {
    super(source);
    this.#source = source;
  }

  close(): void {
    this.#source.files.close?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
