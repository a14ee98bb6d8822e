// libnbd-wasm in Node.
import type { CompiledModule } from './base/platform_types.js';
import type { Checksum, Compare, Copy } from './copy/calls.js';
import type { AnyDestination, AnySource } from './copy/open.js';
import { type DiskImageCall, type FileSystemCall, fileSystemCalls } from './files/calls.js';
import type { Engine } from './files/engine.js';
import { loader } from './load.js';
import { setSharedLoader } from './nbd.js';
import { compileOwn, compileUrl } from './node/compile_file.js';
import { keepingErrors } from './node/copy/early_errors.js';
import type { NodeDestination, NodeSource } from './node/copy/ends.js';
import { nodeHost, nodeHostWithTls } from './node/host.js';
import { connectWebSocket } from './node/web_socket.js';
import { type PartitionsCall, type ProbeCall, probeCalls } from './probe/calls.js';
import { tlsFile } from './tls/options.js';
import { type ConnectThrough, connectThroughWith } from './transports/connect_through.js';
import { blkidFile, libnbdFile } from './wasm/compile.js';

export { type ConnectionTarget, openConnection } from './node/connect.js';
export * from './shared.js';
export type { NodeDestination, NodeSource };
export { connectWebSocket };

export const connectThrough: ConnectThrough = connectThroughWith(connectWebSocket);

let compiled: Promise<CompiledModule> | undefined;

/** Makes a separate instance of libnbd, with a memory of its own: `(await load()).create()` makes a handle on it. */
export const load = loader(
  () => {
    compiled ??= compileOwn(() => new URL('./libnbd.wasm', import.meta.url), libnbdFile).catch((error: unknown) => {
      compiled = undefined; // the next call tries again
      throw error;
    });
    return compiled;
  },
  compileUrl,
  nodeHost,
  (options) => nodeHostWithTls(() => compileOwn(() => new URL('./tls.wasm', import.meta.url), tlsFile), compileUrl, options),
);

setSharedLoader(load);

/** What can be copied from. */
export type CopySource = AnySource | NodeSource;
/** What can be copied to. */
export type CopyDestination = AnyDestination | NodeDestination;

/**
 * Copies all of a disk, a file or a stream to another; holes stay holes.
 *
 * ```ts
 * const disk = await openDisk('nbd://localhost/disk');
 * await copy(disk, 'disk.img', { progress: ({ bytes, total }) => console.log(`${bytes} of ${total}`) });
 * ```
 *
 * {@link Copy} tells how it does so.
 *
 * @param source A disk of {@link openDisk}, a handle, the path of a file, a `Blob`, a stream, a child process: {@link CopySource}.
 * @param destination The same, but a `Blob`: {@link CopyDestination}. All of the source must fit in.
 * @param options `progress` is called as it goes on, `verify` reads everything back, `resume` goes on after a kill, `signal` ends it:
 *   {@link CopyOptions}.
 * @returns How many bytes were copied, and how many of them were data.
 * @throws NBDError before the first byte is written; {@link CopyError} later, with how far it came.
 */
export const copy: Copy<CopySource, CopyDestination> = (source, destination, options) =>
  keepingErrors([source, destination], async () => (await copying()).copy(source, destination, options));

/**
 * Finds out whether two disks or files are the same, and where they differ: {@link Compare} tells how.
 *
 * ```ts
 * const { isEqual, first } = await compare(diskA, diskB); // `first` is where they differ
 * ```
 */
export const compare: Compare<CopySource> = async (...args) => (await copying()).compare(...args);

/** The SHA-256 of a disk, a file or a stream: {@link Checksum} tells how. */
export const checksum: Checksum<CopySource> = (source, options) =>
  keepingErrors([source], async () => (await copying()).checksum(source, options));

const copying = () => import('./node/copy/calls.js'); // a program that copies nothing starts without it

const calls = probeCalls(() => compileOwn(() => new URL('./blkid.wasm', import.meta.url), blkidFile), compileUrl);

/**
 * Finds out what is on a disk: its partitions, and the file system or whatever else is in each. {@link ProbeCall} tells how.
 *
 * ```ts
 * const { table, partitions } = await probe(disk);
 * for (const { number, size, content } of partitions) console.log(number, size, content?.type, content?.label);
 * ```
 */
export const probe: ProbeCall = calls.probe;

/** Lists the partitions of a disk: {@link PartitionsCall} tells how. */
export const partitions: PartitionsCall = calls.partitions;

// Written out one by one, since this is how bundlers find the files.
const modules: Readonly<Record<string, () => URL>> = {
  'ext2.wasm': () => new URL('./ext2.wasm', import.meta.url),
  '7z.wasm': () => new URL('./7z.wasm', import.meta.url),
};

const files = fileSystemCalls({
  compile: (file) => compileOwn(modules[file.name] ?? (() => new URL(file.name)), file),
  spawner: async () => {
    const { spawnEngineWorker } = await import('./node/files/spawn.js');
    return () => spawnEngineWorker(new URL('./node/files/files_worker.js', import.meta.url));
  },
  probe,
});

/**
 * Opens a file system on a disk, to read its files; nothing is mounted. {@link FileSystemCall} tells how.
 *
 * ```ts
 * const files = await fileSystem(disk); // or { partition }, one of those that probe() finds
 * for await (const { name, type, size } of files.readdir('/')) console.log(name, type, size);
 * ```
 */
export const fileSystem: FileSystemCall = files.fileSystem;

/** Opens the image of a disk, to read: {@link DiskImageCall} tells how. */
export const diskImage: DiskImageCall = files.diskImage;

/** Makes an engine known, for the types that it reads; one that is registered later comes first. */
export const registerEngine: (engine: Engine) => void = files.registerEngine;
