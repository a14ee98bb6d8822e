// Opens an image on a disk as a disk of its own.
import { NBDError } from '../../base/errors.js';
import type { Disk } from '../../disk/disk.js';
import { DiskOver } from '../../disk/disk_over.js';
import { FileDisk } from '../../files/file_disk.js';
import type { Probe } from '../../probe/types.js';
import { diskImage, fileSystem } from '../files/engines.js';
import { diskPath } from '../files/names.js';
import { type ImagePlace, imageName } from '../image_place.js';
import { type Session, sessionOf } from '../session.js';
import { volumesOf } from '../volumes.js';
import { imageSign } from './signs.js';
import { factsOf } from './words.js';

/** So many disks are opened one inside the other: each may have two workers, and each read of the last goes through all. */
export const deepest = 8;

/** Bytes that the map of a compressed image may cost: each part has to be unpacked to be told from a hole. */
const mostUnpackedForMap = 2 ** 25;

/** A disk, and what was found on it. */
export interface Outer {
  readonly disk: Disk;
  readonly probe: Probe | undefined;
}

export interface InsideOptions {
  /** The number of the disk that is opened: 1 for an image on the server's. */
  readonly depth: number;
  readonly signal: AbortSignal;
  /** Gets how many bytes of the disk around were read. */
  readonly progress: (bytes: number) => void;
}

/**
 * Opens the image at a place. Closing the session ends the workers that it has.
 *
 * @throws NBDError `ELOOP` for too many disks in each other, and as `fileSystem` and `diskImage` do.
 */
export async function openInside(
  { disk, probe }: Outer,
  place: ImagePlace,
  { depth, signal, progress }: InsideOptions,
): Promise<Session> {
  if (depth > deepest) {
    throw new NBDError(`this is the ${depth}th disk, one inside the other: ${deepest} are opened at most`, 'ELOOP');
  }
  const open: { close(): void }[] = [];
  const close = () => {
    for (const each of open.splice(0).reverse()) each.close();
  };
  const around = new CountingDisk(disk, progress);
  try {
    const file = place.path === undefined ? around : await fileAt(around, probe, place.path, place.partition, open, signal);
    const sign = await imageSign(file, imageName(place), signal);
    if (place.path === undefined && (sign === undefined || sign.format === 'raw')) {
      throw new NBDError('the disk is no image: it is shown as it is', 'ENOTSUP');
    }
    const isRaw = sign === undefined || sign.format === 'raw';
    const image = isRaw ? undefined : await diskImage(file, { signal });
    if (image !== undefined) open.push(image);
    const inside = image ?? file;
    if (inside instanceof FileDisk) inside.mostUnpackedForStatus = mostUnpackedForMap;
    const facts = await factsOf(file, image, place);
    around.isCounting = false;
    return await sessionOf(inside, facts, close);
  } catch (error) {
    close();
    throw error;
  }
}

async function fileAt(
  disk: Disk,
  probe: Probe | undefined,
  path: string,
  partition: number | undefined,
  open: { close(): void }[],
  signal: AbortSignal,
): Promise<Disk> {
  const volume = volumesOf(probe).find((each) => each.partition === partition);
  if (volume === undefined) {
    const where = partition === undefined ? 'on the whole disk' : `in partition ${partition}`;
    throw new NBDError(`there is no file system ${where} that libblkid recognizes`, 'ENOENT');
  }
  const files = await fileSystem(disk, { partition: volume, type: volume.type, signal });
  open.push(files);
  return files.disk(diskPath(path), { signal });
}

/** Tells how many bytes are read, until the image is open. */
class CountingDisk extends DiskOver {
  isCounting = true;
  readonly #progress: (bytes: number) => void;
  #bytes = 0;

  constructor(disk: Disk, progress: (bytes: number) => void) {
    super(disk);
    this.#progress = progress;
  }

  override async pread(...args: Parameters<Disk['pread']>): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await super.pread(...args);
    this.#bytes += bytes.length;
    if (this.isCounting) this.#progress(this.#bytes);
    return bytes;
  }
}
