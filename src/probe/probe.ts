// probe() and partitions(): what is on a disk, by libblkid, and what should be known of it beside.
//
// 1. Find out the size of a sector.
// 2. Ask libblkid about the whole range: superblocks, and the table.
// 3. Where there is a table, ask for its partitions. Check both copies of a GPT.
// 4. Ask about the content of each partition.
import { BlockReader } from '../disk/block_reader.js';
import type { Disk } from '../disk/disk.js';
import { InFlight } from '../disk/in_flight.js';
import { checkedRange, type Range } from '../disk/ranges.js';
import { ReplayError, type ReplayResult } from '../wasm/replay.js';
import type { Blkid } from './blkid.js';
import { contentOf, partitionOf, tableOf, typesOf } from './content.js';
import { checkGpt, sectorSizeOfGpt } from './gpt_warnings.js';
import { checkedOptions, isSectorSize, type ProbeOptions } from './options.js';
import type { Partition, PartitionList, Probe, Warning } from './types.js';
import { ambivalentWarning, unreadableWarnings } from './warnings.js';

/** Partitions that are told of: a hostile table may have 65,536. */
const mostPartitions = 1024;
/** Partitions whose content is looked at. */
const mostContents = 256;
/** Calls of libblkid that wait for the disk side by side. */
const inFlight = 8;

export async function probe(blkid: Blkid, disk: Disk, options: ProbeOptions): Promise<Probe> {
  const probing = await Probing.begin('probe', blkid, disk, options);
  const found = await probing.list();
  await probing.addContents(found.partitions, found.warnings);
  return found;
}

export async function partitions(blkid: Blkid, disk: Disk, options: ProbeOptions): Promise<PartitionList> {
  const probing = await Probing.begin('partitions', blkid, disk, options);
  const { ambivalent: _ambivalent, content: _content, ...list } = await probing.list();
  return list;
}

class Probing {
  readonly #blkid: Blkid;
  readonly #reader: BlockReader;
  readonly #range: Range;
  readonly #sectorSize: number;
  readonly #signal: AbortSignal | undefined;

  private constructor(blkid: Blkid, reader: BlockReader, range: Range, sectorSize: number, signal: AbortSignal | undefined) {
    this.#blkid = blkid;
    this.#reader = reader;
    this.#range = range;
    this.#sectorSize = sectorSize;
    this.#signal = signal;
  }

  static async begin(call: string, blkid: Blkid, disk: Disk, options: ProbeOptions): Promise<Probing> {
    const signal = checkedOptions(call, options);
    const reader = await BlockReader.over(call, disk, options.cache ?? {});
    const range = checkedRange(call, reader.geometry.size, options);
    const minimum = Number(reader.geometry.minimum);
    const ofServer = isSectorSize(minimum) ? minimum : 512;
    const sectorSize = options.sectorSize ?? (await sectorSizeOfGpt({ reader, range, signal })) ?? ofServer;
    return new Probing(blkid, reader, range, sectorSize, signal);
  }

  /** All but the contents of the partitions. */
  async list(): Promise<Probe> {
    const { start, end } = this.#range;
    const warnings: Warning[] = [];
    const findings = await this.#ask('the whole disk was probed', warnings, this.#range, (area) =>
      this.#blkid.probe(this.#reader, area, this.#signal),
    );
    const content = findings && contentOf(findings, start);
    const table = findings && tableOf(findings, start);
    if (findings?.isAmbivalent) warnings.push(ambivalentWarning(typesOf(findings), this.#range));
    const found = table === undefined ? [] : await this.#partitions(warnings);
    const gpt = await checkGpt({ reader: this.#reader, range: this.#range, sectorSize: this.#sectorSize, signal: this.#signal });
    warnings.push(...(gpt?.warnings ?? []));
    return {
      size: end - start,
      sectorSize: this.#sectorSize,
      ambivalent: findings?.isAmbivalent ?? false,
      ...(table === undefined ? {} : { table: gpt && table.type === 'gpt' ? { ...table, checks: gpt.checks } : table }),
      ...(content === undefined ? {} : { content }),
      partitions: found,
      warnings,
      reads: this.#reader.reads,
    };
  }

  async #partitions(warnings: Warning[]): Promise<Partition[]> {
    const found = await this.#ask('the partitions were listed', warnings, this.#range, (area) =>
      this.#blkid.partitions(this.#reader, area, this.#signal),
    );
    const length = found?.length ?? 0;
    if (length > mostPartitions) {
      const message = `the table has ${length} partitions: those after the first ${mostPartitions} are left out`;
      warnings.push({ code: 'too-many-partitions', message });
    }
    return (found ?? []).slice(0, mostPartitions).map(partitionOf);
  }

  /** Probes each partition, but for those that only hold others. */
  async addContents(found: readonly Partition[], diskWarnings: Warning[]): Promise<void> {
    const window = new InFlight(inFlight);
    let looked = 0;
    for (const partition of found) {
      const { start, size, extended, warnings } = partition;
      const end = start + size;
      if (start < this.#range.start || end > this.#range.end) {
        const message = `it ends at offset ${end}, and the disk at ${this.#range.end}: its content was not looked at`;
        warnings.push({ code: 'beyond-end', message, offset: start, length: size });
      } else if (extended || size === 0n) {
        // There is nothing in it but other partitions.
      } else if (++looked <= mostContents) {
        await window.add(this.#addContent(partition, { start, end }));
      }
    }
    await window.end();
    if (looked > mostContents) {
      const message = `the content of ${looked - mostContents} partitions was not looked at: there are more than ${mostContents}`;
      diskWarnings.push({ code: 'not-probed', message });
    }
  }

  async #addContent(partition: Partition, range: Range): Promise<void> {
    const findings = await this.#ask(`partition ${partition.number} was probed`, partition.warnings, range, (area) =>
      this.#blkid.probe(this.#reader, area, this.#signal),
    );
    const content = findings && contentOf(findings, range.start);
    if (content !== undefined) partition.content = content;
    if (findings?.isAmbivalent) partition.warnings.push(ambivalentWarning(typesOf(findings), range));
  }

  /** Asks libblkid about a range. What it could not read, or could not stand, becomes a warning, and the rest goes on. */
  async #ask<T>(
    what: string,
    warnings: Warning[],
    { start, end }: Range,
    call: (area: Parameters<Blkid['probe']>[1]) => Promise<ReplayResult<T>>,
  ): Promise<T | undefined> {
    const size = end - start;
    if (size === 0n) return undefined; // which would be the whole disk to libblkid
    try {
      const area = { diskSize: this.#reader.geometry.size, offset: start, size, sectorSize: this.#sectorSize };
      const { value, unreadable } = await call(area);
      warnings.push(...unreadableWarnings(unreadable, what));
      return value;
    } catch (error) {
      if (!(error instanceof ReplayError)) throw error;
      warnings.push({ code: 'probe-failed', message: `while ${what}: ${error.message}`, offset: start, length: size });
      return undefined;
    }
  }
}
