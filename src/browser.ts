// libnbd-wasm in a web page or a worker.

import type { Checksum, Compare, Copy } from './copy/calls.js';
import type { AnyDestination, AnySource } from './copy/open.js';
import type { DiskImageCall, FileSystemCall } from './files/calls.js';
import type { Engine } from './files/engine.js';
import { cannotConnect, type Host } from './libnbd/host.js';
import { loader } from './load.js';
import { setSharedLoader } from './nbd.js';
import { type PartitionsCall, type ProbeCall, probeCalls } from './probe/calls.js';
import { tlsByModule } from './tls/later.js';
import { type TlsOptions, tlsFile } from './tls/options.js';
import { type ConnectThrough, connectThroughWith } from './transports/connect_through.js';
import { connectWebSocket } from './transports/connect_web_socket.js';
import { blkidFile, libnbdFile } from './wasm/compile.js';
import { compileOwn, compileUrl } from './wasm/compile_url.js';
import { webFiles } from './web_files.js';

export * from './shared.js';
export { connectWebSocket };

export const connectThrough: ConnectThrough = /* @__PURE__ */ connectThroughWith(connectWebSocket);

const compileTls = () => compileOwn(() => new URL('./tls.wasm', import.meta.url), tlsFile);
const host = (options?: TlsOptions): Host => ({
  connect: cannotConnect,
  connectWebSocket,
  startTls: tlsByModule(compileTls, compileUrl, options),
});

/** Makes a separate instance of libnbd, with a memory of its own: `(await load()).create()` makes a handle on it. */
export const load = loader(
  () => compileOwn(() => new URL('./libnbd.wasm', import.meta.url), libnbdFile),
  compileUrl,
  host(),
  host,
);

setSharedLoader(load);

/** What can be copied from. */
export type CopySource = AnySource;
/** What can be copied to. */
export type CopyDestination = AnyDestination;

/**
 * Copies all of a disk, a file or a stream to another; holes stay holes.
 *
 * ```ts
 * const disk = await openDisk('nbd://localhost/disk');
 * await copy(disk, fileHandle, { progress: ({ bytes, total }) => console.log(`${bytes} of ${total}`) });
 * ```
 *
 * {@link Copy} tells how it does so.
 *
 * @param source A disk of {@link openDisk}, a handle, a `File` or another `Blob`, a `FileSystemFileHandle`, a stream: {@link CopySource}.
 * @param destination The same, but a `Blob`: {@link CopyDestination}. All of the source must fit in.
 * @param options `progress` is called as it goes on, `verify` reads everything back, `resume` goes on after a kill, `signal` ends it:
 *   {@link CopyOptions}.
 * @returns How many bytes were copied, and how many of them were data.
 * @throws NBDError before the first byte is written; {@link CopyError} later, with how far it came.
 */
export const copy: Copy<CopySource, CopyDestination> = async (...args) => (await copying()).copy(...args);

/**
 * Finds out whether two disks or files are the same, and where they differ: {@link Compare} tells how.
 *
 * ```ts
 * const { isEqual, first } = await compare(diskA, diskB); // `first` is where they differ
 * ```
 */
export const compare: Compare<CopySource> = async (...args) => (await copying()).compare(...args);

/** The SHA-256 of a disk, a file or a stream: {@link Checksum} tells how. */
export const checksum: Checksum<CopySource> = async (...args) => (await copying()).checksum(...args);

const copying = () => import('./copy/web_calls.js'); // a page that copies nothing does not load it

const calls = /* @__PURE__ */ probeCalls(() => compileOwn(() => new URL('./blkid.wasm', import.meta.url), blkidFile), compileUrl);

/**
 * Finds out what is on a disk: its partitions, and the file system or whatever else is in each. {@link ProbeCall} tells how.
 *
 * ```ts
 * const { table, partitions } = await probe(disk);
 * for (const { number, size, content } of partitions) console.log(number, size, content?.type, content?.label);
 * ```
 */
export const probe: ProbeCall = (...args) => calls.probe(...args);

/** Lists the partitions of a disk: {@link PartitionsCall} tells how. */
export const partitions: PartitionsCall = (...args) => calls.partitions(...args);

const files = /* @__PURE__ */ webFiles(probe);

/**
 * Opens a file system on a disk, to read its files; nothing is mounted. {@link FileSystemCall} tells how.
 *
 * ```ts
 * const files = await fileSystem(disk); // or { partition }, one of those that probe() finds
 * for await (const { name, type, size } of files.readdir('/')) console.log(name, type, size);
 * ```
 */
export const fileSystem: FileSystemCall = (...args) => files.fileSystem(...args);

/** Opens the image of a disk, to read: {@link DiskImageCall} tells how. */
export const diskImage: DiskImageCall = (...args) => files.diskImage(...args);

/** Makes an engine known, for the types that it reads; one that is registered later comes first. */
export const registerEngine: (engine: Engine) => void = (engine) => files.registerEngine(engine);
