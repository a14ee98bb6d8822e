// libnbd-wasm in Node.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Checksum, Compare, Copy } from './copy/calls.js';
import type { AnyDestination, AnySource } from './copy/open.js';
import { type DiskImageCall, type FileSystemCall, fileSystemCalls } from './files/calls.js';
import type { Engine } from './files/engine.js';
import { loader } from './load.js';
import { setSharedLoader } from './nbd.js';
import { keepingErrors } from './node/copy/early_errors.js';
import type { NodeDestination, NodeSource } from './node/copy/platform.js';
import { nodeHost, nodeHostWithTls } from './node/host.js';
import { connectWebSocket } from './node/web_socket.js';
import { type PartitionsCall, type ProbeCall, probeCalls } from './probe/calls.js';
import { type ConnectThrough, connectThroughWith } from './transports/connect_through.js';
import { compileResponse, type WasmFile } from './wasm/compile.js';

export { openConnection } from './node/connect.js';
export * from './shared.js';
export type { NodeDestination, NodeSource };
export { connectWebSocket };

export const connectThrough: ConnectThrough = connectThroughWith(connectWebSocket);

const compileFile = async (url: URL) => WebAssembly.compile(await readFile(url));
let compiled: Promise<WebAssembly.Module> | undefined;

const compileUrl = (url: URL | string, file: WasmFile) => {
  const absolute = typeof url === 'string' && !/^(file|https?|data|blob):/i.test(url) ? pathToFileURL(url) : new URL(url);
  return absolute.protocol === 'file:' ? compileFile(absolute) : compileResponse(fetch(absolute), file);
};

/** Makes a separate instance of libnbd, with a memory of its own: `(await load()).create()` makes a handle on it. */
export const load = loader(
  () => {
    compiled ??= compileFile(new URL('./libnbd.wasm', import.meta.url));
    return compiled;
  },
  compileUrl,
  nodeHost,
  (options) => nodeHostWithTls(() => compileFile(new URL('./tls.wasm', import.meta.url)), compileUrl, options),
);

setSharedLoader(load);

/** What can be copied from. */
export type CopySource = AnySource | NodeSource;
/** What can be copied to. */
export type CopyDestination = AnyDestination | NodeDestination;

/** Copies a disk, a file or a stream to another: {@link Copy} tells how. */
export const copy: Copy<CopySource, CopyDestination> = (source, destination, options) =>
  keepingErrors([source, destination], async () => (await copying()).copy(source, destination, options));

/** Finds where two disks or files differ: {@link Compare} tells how. */
export const compare: Compare<CopySource> = async (...args) => (await copying()).compare(...args);

/** The SHA-256 of a disk, a file or a stream: {@link Checksum} tells how. */
export const checksum: Checksum<CopySource> = (source, options) =>
  keepingErrors([source], async () => (await copying()).checksum(source, options));

const copying = () => import('./node/copy/calls.js'); // a program that copies nothing starts without it

const calls = probeCalls(() => compileFile(new URL('./blkid.wasm', import.meta.url)), compileUrl);

/** Finds out what is on a disk: {@link ProbeCall} tells how. */
export const probe: ProbeCall = calls.probe;

/** Lists the partitions of a disk: {@link PartitionsCall} tells how. */
export const partitions: PartitionsCall = calls.partitions;

const files = fileSystemCalls({
  compile: ({ name }) => compileFile(new URL(`./${name}`, import.meta.url)),
  spawner: async () => {
    const { spawnEngineWorker } = await import('./node/files/spawn.js');
    return () => spawnEngineWorker(new URL('./node/files/files_worker.js', import.meta.url));
  },
  probe,
});

/** Opens a file system on a disk, to read: {@link FileSystemCall} tells how. */
export const fileSystem: FileSystemCall = files.fileSystem;

/** Opens the image of a disk, to read: {@link DiskImageCall} tells how. */
export const diskImage: DiskImageCall = files.diskImage;

/** Makes an engine known, for the types that it reads; one that is registered later comes first. */
export const registerEngine: (engine: Engine) => void = files.registerEngine;
