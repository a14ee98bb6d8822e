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
import { compileUrl } from './wasm/compile_url.js';
import { webFiles } from './web_files.js';

export * from './shared.js';
export { connectWebSocket };

export const connectThrough: ConnectThrough = connectThroughWith(connectWebSocket);

const compileTls = () => compileUrl(new URL('./tls.wasm', import.meta.url), tlsFile);
const host = (options?: TlsOptions): Host => ({
  connect: cannotConnect,
  connectWebSocket,
  startTls: tlsByModule(compileTls, compileUrl, options),
});

/** Makes a separate instance of libnbd, with a memory of its own: `(await load()).create()` makes a handle on it. */
export const load = loader(() => compileUrl(new URL('./libnbd.wasm', import.meta.url), libnbdFile), compileUrl, host(), host);

setSharedLoader(load);

/** What can be copied from. */
export type CopySource = AnySource;
/** What can be copied to. */
export type CopyDestination = AnyDestination;

/** Copies a disk, a file or a stream to another: {@link Copy} tells how. */
export const copy: Copy<CopySource, CopyDestination> = async (...args) => (await copying()).copy(...args);

/** Finds where two disks or files differ: {@link Compare} tells how. */
export const compare: Compare<CopySource> = async (...args) => (await copying()).compare(...args);

/** The SHA-256 of a disk, a file or a stream: {@link Checksum} tells how. */
export const checksum: Checksum<CopySource> = async (...args) => (await copying()).checksum(...args);

const copying = () => import('./copy/web_calls.js'); // a page that copies nothing does not load it

const calls = probeCalls(() => compileUrl(new URL('./blkid.wasm', import.meta.url), blkidFile), compileUrl);

/** Finds out what is on a disk: {@link ProbeCall} tells how. */
export const probe: ProbeCall = calls.probe;

/** Lists the partitions of a disk: {@link PartitionsCall} tells how. */
export const partitions: PartitionsCall = calls.partitions;

const files = webFiles(probe);

/** Opens a file system on a disk, to read: {@link FileSystemCall} tells how. */
export const fileSystem: FileSystemCall = files.fileSystem;

/** Opens the image of a disk, to read: {@link DiskImageCall} tells how. */
export const diskImage: DiskImageCall = files.diskImage;

/** Makes an engine known, for the types that it reads; one that is registered later comes first. */
export const registerEngine: (engine: Engine) => void = files.registerEngine;
