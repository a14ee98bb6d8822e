// The image of a disk that an engine has opened, as a disk.
import type { EngineFileSystem } from '../engine.js';
import { FileDisk, type FileSource } from '../file_disk.js';
import type { ImageDisk, ImageFormat } from './options.js';

/** The path of an image's one file: the disk. */
const root = Uint8Array.of(0x2f, 0);

export class OpenedImage extends FileDisk implements ImageDisk {
  readonly format: ImageFormat;
  readonly warnings: readonly string[];
  readonly #files: EngineFileSystem;

  private constructor(format: ImageFormat, source: FileSource) {
    super(source);
    this.format = format;
    this.warnings = source.files.info.warnings;
    this.#files = source.files;
  }

  /** @internal */
  static async open(
    format: ImageFormat,
    source: Omit<FileSource, 'file' | 'name'>,
    signal: AbortSignal | undefined,
  ): Promise<OpenedImage> {
    try {
      const file = await source.files.lookup(root, true, signal);
      return new OpenedImage(format, { ...source, file, name: `the ${format}` });
    } catch (error) {
      source.files.close?.();
      throw error;
    }
  }

  close(): void {
    this.#files.close?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
