// What fileSystem() is, and what a platform makes of it: each engine is loaded by the first disk that needs it.
import type { Disk } from '../disk/disk.js';
import type { ProbeCall } from '../probe/calls.js';
import type { WasmFile } from '../wasm/compile.js';
import type { Engine, KnownEngine } from './engine.js';
import type { FileSystem } from './file_system.js';
import type { DiskImage, ImageOptions } from './image/options.js';
import type { FileSystemOptions } from './options.js';
import type { EngineName } from './remote/messages.js';
import type { EngineWorker } from './remote/remote_engine.js';

/**
 * Opens a file system on a disk, to read: {@link FileSystem} has its files. Several can be open, and a disk can be written meanwhile; then
 * what is read may look damaged, and opening it again reads it anew.
 *
 * @throws NBDError `ENOTSUP` for what no engine reads: the text names the type; `EUCLEAN` for a damaged one.
 * @example
 * ```ts
 * const { partitions } = await probe(disk);
 * const files = await fileSystem(disk, { partition: partitions[0] });
 * for await (const { name, type, size } of files.readdir('/etc')) console.log(name, type, size);
 * ```
 */
export type FileSystemCall = (disk: Disk, options?: FileSystemOptions) => Promise<FileSystem>;

/**
 * Opens the image of a disk that a disk has as its contents, such as a file of a file system: qcow2, with its compressed clusters, VHDX,
 * VMDK, VDI and VHD. What it resolves with is a disk again, to read, until it is closed. No other file is opened for it: an image that has only the changes to
 * another is refused.
 *
 * @throws NBDError `ENOTSUP` for what is no image, and for one that is encrypted or not whole; `EUCLEAN` for a damaged one.
 * @example
 * ```ts
 * const image = await diskImage(await files.disk('/var/lib/libvirt/images/a.qcow2'));
 * const { partitions } = await probe(image);
 * const inside = await fileSystem(image, { partition: partitions[0] });
 * ```
 */
export type DiskImageCall = (disk: Disk, options?: ImageOptions) => Promise<DiskImage>;

/** An engine of the library's own: it runs in a worker, and is the module of this name beside the JavaScript. */
interface OwnEngine {
  readonly name: string;
  readonly types: readonly string[];
  readonly engine: EngineName;
}

const ext2: OwnEngine = { name: 'libext2fs', types: ['ext2', 'ext3', 'ext4'], engine: 'ext2' };
const seven: OwnEngine = {
  name: '7-Zip',
  types: ['squashfs', 'squashfs3', 'iso9660', 'udf', 'vfat'],
  engine: '7z',
};

export interface FilesPlatform {
  /** Compiles a module that is beside the platform's JavaScript. */
  compile(file: WasmFile): Promise<WebAssembly.Module>;
  /** Starts a worker for an engine; the code for it is loaded then. */
  spawner(): Promise<() => EngineWorker>;
  probe: ProbeCall;
}

export function fileSystemCalls({ compile, spawner, probe }: FilesPlatform): {
  fileSystem: FileSystemCall;
  diskImage: DiskImageCall;
  registerEngine: (engine: Engine) => void;
} {
  const own = (engine: OwnEngine): KnownEngine => ({ types: engine.types, load: once(() => start(engine)) });
  const start = async (engine: OwnEngine): Promise<Engine> => {
    const [{ RemoteEngine }, compiled, spawn] = await Promise.all([
      import('./remote/remote_engine.js'),
      compile({ name: `${engine.engine}.wasm`, option: 'registerEngine(engine)' }),
      spawner(),
    ]);
    return new RemoteEngine(engine, compiled, spawn);
  };
  const images = own(seven);
  const engines: KnownEngine[] = [own(ext2), images];
  const fileSystem: FileSystemCall = async (disk, options = {}) => {
    const { open } = await import('./open.js'); // a page that looks into no file system does not load it
    return open(engines, probe, disk, options);
  };
  const diskImage: DiskImageCall = async (disk, options = {}) => {
    const { openImage } = await import('./image/open.js');
    return openImage(images.load, disk, options);
  };
  const registerEngine = (engine: Engine) => void engines.unshift({ types: engine.types, load: async () => engine });
  return { fileSystem, diskImage, registerEngine };
}

/** Makes something once; where that fails, the next call tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
