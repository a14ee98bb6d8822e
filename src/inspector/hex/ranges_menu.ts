// The ranges that a search or a file may be about: what is selected, a partition, the whole disk.
import { html, type TemplateResult } from 'lit';
import type { Partition } from '../../probe/types.js';
import { shortSize } from '../format.js';

/** In bytes. */
export interface NamedRange {
  readonly key: string;
  readonly name: string;
  readonly offset: bigint;
  readonly length: bigint;
}

/** A range for each partition, by its number and what is in it. */
export const partitionRanges = (partitions: readonly Partition[]): NamedRange[] =>
  partitions.map(({ number, start, size, name, content }) => {
    const label = name ?? content?.label ?? content?.type;
    const text = label === undefined || label === '' ? `partition ${number}` : `partition ${number}, ${label}`;
    return { key: `p${number}`, name: `${text} (${shortSize(size)})`, offset: start, length: size };
  });

export const rangeOptions = (ranges: readonly NamedRange[]): TemplateResult[] =>
  ranges.map(({ key, name }) => html`<option value=${key}>${name}</option>`);

/** How much of it is on the disk: a table may name more than there is. */
export function onDisk({ offset, length }: { offset: bigint; length: bigint }, size: bigint): { offset: bigint; length: bigint } {
  const start = offset < size ? offset : size;
  return { offset: start, length: start + length > size ? size - start : length };
}
