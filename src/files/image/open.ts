// Opens the image of a disk as a disk.
import { checkedSignal } from '../../base/abort.js';
import { NBDError, retold } from '../../base/errors.js';
import { BlockReader } from '../../disk/block_reader.js';
import type { Disk } from '../../disk/disk.js';
import type { Engine } from '../engine.js';
import { DiskVolume } from '../volume.js';
import { formatOf, imageFormats, readHeader, refuseParts } from './headers.js';
import { OpenedImage } from './opened_image.js';
import type { ImageDisk, ImageOptions } from './options.js';

export async function openImage(load: () => Promise<Engine>, disk: Disk, options: ImageOptions): Promise<ImageDisk> {
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
    return await OpenedImage.open(format, { files, reader, start: 0n, length: volume.size }, signal);
  } catch (error) {
    if (!(error instanceof NBDError) || error.isFatal) throw error;
    throw retold(error, { message: `${call}: ${error.message}`, cause: error.cause });
  }
}
