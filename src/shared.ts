// What the library is on every platform.
export type { WaitOptions } from './base/abort.js';
export type { CallbackResult, ErrorRef, Extent64 } from './base/callback.js';
export { type ErrnoCode, NBDError } from './base/errors.js';
export type { Checksum, Compare, Copy } from './copy/calls.js';
export type { CompareOptions, Comparison } from './copy/compare.js';
export type { CopyResult } from './copy/copy.js';
export { CopyError } from './copy/copy_error.js';
export type { FileHandleLike, FileWriter, SyncFile } from './copy/file_handle.js';
export type { AnyDestination, AnySource } from './copy/open.js';
export type { CopyOptions, InFlightOptions } from './copy/options.js';
export type { Progress, ProgressOptions } from './copy/progress.js';
export type { CacheOptions } from './disk/block_cache.js';
export { cached } from './disk/cached.js';
export { describeFlags } from './disk/describe_flags.js';
export type { Disk } from './disk/disk.js';
export { DiskBlob } from './disk/disk_blob.js';
export { DiskError, type DiskRange } from './disk/disk_error.js';
export type { Extent, ExtentsOfContextsOptions, ExtentsOptions } from './disk/extents.js';
export { type Difference, Overlay, type OverlayOptions } from './disk/overlay.js';
export type { TransferOptions } from './disk/ranges.js';
export type { ReadableOptions } from './disk/transfers.js';
export type { WritableOptions } from './disk/writable.js';
export type { DiskImageCall, FileSystemCall } from './files/calls.js';
export type {
  Contents,
  Engine,
  EngineDirectory,
  EngineEntry,
  EngineFile,
  EngineFileSystem,
  Piece,
  Volume,
} from './files/engine.js';
export type { FileSystem } from './files/file_system.js';
export type { ImageDisk, ImageFormat, ImageOptions } from './files/image/options.js';
export type { FileSystemOptions } from './files/options.js';
export type * from './files/types.js';
export type * from './generated/callbacks.js';
export * from './generated/constants.js';
export type { Where } from './lasting/addresses.js';
export type { DiskEvent, DiskEventDetail, DiskEventType } from './lasting/events.js';
export type { LastingDisk } from './lasting/lasting_disk.js';
export type { OpenDiskOptions, RetryOptions } from './lasting/open_disk.js';
export type { TlsCredentials } from './libnbd/host.js';
export type { LoadOptions } from './load.js';
export { type Library, NBD } from './nbd.js';
export { type OpenOptions, openDisk } from './open.js';
export type { PartitionsCall, ProbeCall } from './probe/calls.js';
export type { ProbeOptions } from './probe/options.js';
export type * from './probe/types.js';
export type { TlsOptions } from './tls/options.js';
export type { ConnectThrough } from './transports/connect_through.js';
export type {
  ConnectWebSocketOptions,
  WebSocketConstructor,
  WebSocketStreamConstructor,
} from './transports/connect_web_socket.js';
export type { Duplex } from './transports/duplex.js';
export type { SocketLike } from './transports/socket_like.js';
export type { Connect, ConnectTarget } from './transports/target.js';
export type { Transport, TransportEvents } from './transports/transport.js';
export type { WebSocketLike } from './transports/web_socket.js';
export type { BytePair } from './transports/web_streams.js';
