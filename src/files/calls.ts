// What fileSystem() is, and what a platform makes of it: each engine is loaded by the first disk that needs it.
import type { Disk } from '../disk/disk.js';
import type { ProbeCall } from '../probe/calls.js';
import type { WasmFile } from '../wasm/compile.js';
import type { Engine, KnownEngine } from './engine.js';
import type { FileSystem } from './file_system.js';
import type { FileSystemOptions } from './options.js';
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

const ext2File: WasmFile = { name: 'ext2.wasm', option: 'registerEngine(engine)' };

export interface FilesPlatform {
  /** Compiles a module that is beside the platform's JavaScript. */
  compile(file: WasmFile): Promise<WebAssembly.Module>;
  /** Starts a worker for an engine; the code for it is loaded then. */
  spawner(): Promise<() => EngineWorker>;
  probe: ProbeCall;
}

export function fileSystemCalls({ compile, spawner, probe }: FilesPlatform): {
  fileSystem: FileSystemCall;
  registerEngine: (engine: Engine) => void;
} {
  const engines: KnownEngine[] = [
    {
      types: ['ext2', 'ext3', 'ext4'],
      load: once(async () => {
        const [{ RemoteEngine }, compiled, spawn] = await Promise.all([
          import('./remote/remote_engine.js'),
          compile(ext2File),
          spawner(),
        ]);
        return new RemoteEngine({ name: 'libext2fs', types: ['ext2', 'ext3', 'ext4'], engine: 'ext2' }, compiled, spawn);
      }),
    },
  ];
  const fileSystem: FileSystemCall = async (disk, options = {}) => {
    const { open } = await import('./open.js'); // a page that looks into no file system does not load it
    return open(engines, probe, disk, options);
  };
  const registerEngine = (engine: Engine) => void engines.unshift({ types: engine.types, load: async () => engine });
  return { fileSystem, registerEngine };
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
