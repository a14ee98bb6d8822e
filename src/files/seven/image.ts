// The image of a disk that 7-Zip has opened, as a file system whose root is a file: the disk.
import { NBDError } from '../../base/errors.js';
import type { Contents, EngineDirectory, EngineFile, EngineFileSystem } from '../engine.js';
import type { FileStat, FileSystemInfo } from '../types.js';
import { type Archive, mostParts } from './archive.js';

/** The number of 7-Zip's one item. */
const item = 0;

export class SevenImage implements EngineFileSystem {
  readonly info: FileSystemInfo;
  readonly #archive: Archive;
  readonly #size: bigint;

  private constructor(archive: Archive, info: FileSystemInfo, size: bigint) {
    this.#archive = archive;
    this.info = info;
    this.#size = size;
  }

  static async open(
    archive: Archive,
    type: string,
    warnings: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<SevenImage> {
    const { value } = await archive
      .call((exports) => exports.nbd_7z_size(item), signal)
      .catch((error: unknown) => {
        throw error instanceof NBDError && error.code === 'ENOTSUP' ? unsupported(type, warnings, error) : error;
      });
    return new SevenImage(archive, { type, warnings, size: BigInt(value) }, BigInt(value));
  }

  get #stat(): FileStat {
    return { type: 'file', size: this.#size };
  }

  async lookup(): Promise<EngineFile> {
    return { id: item, stat: this.#stat };
  }

  async readdir(): Promise<EngineDirectory> {
    throw new NBDError('7-Zip: an image has no directories', 'ENOTDIR');
  }

  async stats(ids: readonly number[]): Promise<ReadonlyMap<number, FileStat>> {
    return new Map(ids.map((id) => [id, this.#stat]));
  }

  async readlink(): Promise<Uint8Array> {
    throw new NBDError('7-Zip: an image has no symbolic links', 'EINVAL');
  }

  async contents(_file: EngineFile, from: bigint, wanted: number, signal: AbortSignal | undefined): Promise<Contents> {
    const call = await this.#archive.call(
      (exports) => exports.nbd_7z_contents(item, from, this.#size, BigInt(wanted), mostParts),
      signal,
    );
    return call.parts;
  }
}

function unsupported(type: string, warnings: readonly string[], cause: NBDError): NBDError {
  const why = warnings.length === 0 ? '' : ` (${warnings.join('; ')})`;
  const what = 'it is encrypted, only the changes to another image, in several files, or of a kind that 7-Zip does not know';
  return new NBDError(`this ${type} cannot be read${why}: ${what}`, 'ENOTSUP', { cause });
}
