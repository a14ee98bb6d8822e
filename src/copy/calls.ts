// copy, compare and checksum as users call them. Each platform makes its own of these types, with the kinds of ends that it has.
import type { CompareOptions, Comparison } from './compare.js';
import type { CopyResult } from './copy.js';
import type { CopyOptions, InFlightOptions } from './options.js';

/**
 * Copies all of a disk, a file or a stream to another, with many requests in flight.
 *
 * Where `base:allocation` was negotiated, ranges that read as zeroes are not asked for; runs of zeroes in what was read are found as
 * well. They become holes of the destination: a new file is sparse, and a server is asked to zero them (`nbd_zero`, never `nbd_trim`).
 *
 * Disks, file handles of Node's and the streams of other programs stay open; streams and child processes are ended. In Node a new file
 * is written as `NAME.partial`, and gets its name when it is complete and on stable storage. What is there already is written in place.
 *
 * @throws NBDError `ENOSPC`, before the first byte is written, for a destination that is too small; `EINVAL` for a file that would be
 *   copied to itself; `EROFS` for a disk that is read-only; `ENOTSUP` for a metadata context that was not negotiated. {@link CopyError} for what goes wrong later. TypeError
 *   for what can be neither copied from nor to, and for options that do not fit it. With `signal`, its reason.
 * @example
 * ```ts
 * const disk = await openDisk('nbd://localhost'); // it negotiates base:allocation
 * await copy(disk, 'disk.img', { progress: ({ bytes, total, rate }) => console.log(bytes, total, rate) });
 * ```
 */
export type Copy<Source, Destination> = (source: Source, destination: Destination, options?: CopyOptions) => Promise<CopyResult>;

/**
 * Compares two disks or files. Ranges that both servers say read as zeroes are not read.
 *
 * @throws NBDError for a read that fails; TypeError for what cannot be read at random, such as a stream. With `signal`, its reason.
 */
export type Compare<Source> = (a: Source, b: Source, options?: CompareOptions) => Promise<Comparison>;

/**
 * The SHA-256 of a disk, a file or a stream, as sha256sum prints it. Ranges that a server says read as zeroes are not read.
 *
 * @throws NBDError for a read that fails. With `signal`, its reason.
 */
export type Checksum<Source> = (source: Source, options?: InFlightOptions) => Promise<string>;
