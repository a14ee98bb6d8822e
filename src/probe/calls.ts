// What probe() and partitions() are, and what a platform makes of them: libblkid and the code around it are loaded by the first call.
import type { CompiledModule } from '../base/platform_types.js';
import type { Disk } from '../disk/disk.js';
import { blkidFile, type CompileUrl, compile, type WasmSource } from '../wasm/compile.js';
import type { Blkid } from './blkid.js';
import type { ProbeOptions } from './options.js';
import type { PartitionList, Probe } from './types.js';

/**
 * Finds out what is on a disk, by util-linux's libblkid: its partition table, its partitions, and what is in each, of some eighty kinds of
 * file systems, RAID members, encrypted volumes and swap. Names and values are those of `blkid -p` and `lsblk`. It reads some hundred
 * kilobytes, and writes nothing.
 *
 * What cannot be read is a warning, and the rest goes on; so is damage of the disk, such as a GPT whose backup is missing.
 *
 * @throws NBDError when the disk can be asked no more; RangeError for a range that is not on the disk; Error when blkid.wasm cannot be loaded.
 * @example
 * ```ts
 * const { table, partitions, warnings } = await probe(disk);
 * for (const { number, start, size, content } of partitions) console.log(number, start, size, content?.type, content?.label);
 * ```
 */
export type ProbeCall = (disk: Disk, options?: ProbeOptions) => Promise<Probe>;

/** Lists the partitions of a disk as {@link ProbeCall} does, without their contents: it reads less. */
export type PartitionsCall = (disk: Disk, options?: ProbeOptions) => Promise<PartitionList>;

/**
 * Makes the calls of a platform: `compileDefault` compiles the blkid.wasm beside its JavaScript, `compileUrl` the file at a URL.
 */
export function probeCalls(
  compileDefault: () => Promise<CompiledModule>,
  compileUrl: CompileUrl,
): { probe: ProbeCall; partitions: PartitionsCall } {
  let shared: Promise<Blkid> | undefined;
  const load = async (source: WasmSource | undefined): Promise<Blkid> => {
    const [{ Blkid }, compiled] = await Promise.all([
      import('./blkid.js'),
      source === undefined ? compileDefault() : compile(source, compileUrl, blkidFile),
    ]);
    return new Blkid(compiled);
  };
  const blkid = (source: WasmSource | undefined): Promise<Blkid> => {
    if (source !== undefined) return load(source);
    shared ??= load(undefined).catch((error: unknown) => {
      shared = undefined; // the next call tries again
      throw error;
    });
    return shared;
  };
  const probing = () => import('./probe.js'); // a page that probes nothing does not load it
  return {
    probe: async (disk, options = {}) => (await probing()).probe(await blkid(options.blkid), disk, options),
    partitions: async (disk, options = {}) => (await probing()).partitions(await blkid(options.blkid), disk, options),
  };
}
