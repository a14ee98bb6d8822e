// The page of bench/map.ts: the map of a million extents, zoomed and moved frame by frame.
import type { Disk } from '../src/disk/disk.js';
import '../src/inspector/map/index.js';
import type { NbdMap } from '../src/inspector/map/nbd_map.js';
import { mapOf } from '../src/inspector/map/shared_maps.js';

export interface MapFrames {
  /** Of each frame, in milliseconds: from the change of the window to the end of the painting. */
  readonly frames: number[];
  /** Of a canvas, in pixels. */
  readonly width: number;
}

export interface MapFilled {
  readonly extents: number;
  /** How long it took to add them all. */
  readonly milliseconds: number;
}

const page = globalThis as typeof globalThis & {
  fillMap: (extents: number) => Promise<MapFilled>;
  measureMap: (frames: number) => Promise<MapFrames>;
};

/** A disk that answers at once: extents of every kind, of sizes that are no pattern. */
function diskOf(extents: number, contexts: readonly string[]): { disk: Disk; size: bigint } {
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const entries = new BigUint64Array(2 * extents);
  const starts = new BigUint64Array(extents + 1);
  for (let i = 0; i < extents; i++) {
    entries[2 * i] = 512n * BigInt(1 + Math.floor(random() * 1000));
    entries[2 * i + 1] = BigInt(i % 4);
    starts[i + 1] = (starts[i] ?? 0n) + (entries[2 * i] ?? 0n);
  }
  const size = starts[extents] ?? 0n;
  const indexOf = (offset: bigint): number => {
    let [from, to] = [0, extents];
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      if ((starts[middle] ?? 0n) <= offset) from = middle;
      else to = middle;
    }
    return from;
  };
  const disk = {
    getSize: () => size,
    getBlockSize: () => 512n,
    getExtendedHeadersNegotiated: () => true,
    canMetaContext: (context: string) => contexts.includes(context),
    blockStatusArrays: async (count: bigint, offset: bigint) => {
      const [first, last] = [indexOf(offset), indexOf(offset + count - 1n)];
      const found = entries.slice(2 * first, 2 * last + 2);
      found[0] = (starts[first + 1] ?? 0n) - offset;
      return new Map(contexts.map((context) => [context, found]));
    },
  };
  return { disk: disk as unknown as Disk, size };
}

const frame = () => new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));

let element: NbdMap;

page.fillMap = async (extents) => {
  const contexts = ['base:allocation', 'qemu:dirty-bitmap:b0', 'qemu:allocation-depth'];
  const { disk } = diskOf(extents, contexts);
  const began = performance.now();
  const map = mapOf(disk, contexts);
  await new Promise<void>((resolve) => map.onChange(() => map.phase !== 'asking' && resolve()));
  const milliseconds = performance.now() - began;
  element = document.createElement('nbd-map');
  Object.assign(element, { disk, contexts });
  document.body.append(element);
  await element.updateComplete;
  await frame();
  await frame();
  return { extents: map.maps.get('base:allocation')?.runs ?? 0, milliseconds };
};

page.measureMap = async (count) => {
  const size = (await element.disk?.getSize()) ?? 0n;
  const frames: number[] = [];
  for (let i = 0; i < count; i++) {
    await frame();
    // From all of the disk to a few blocks and back, moving all the while.
    const depth = 1 - Math.abs(1 - (2 * i) / count);
    const length = BigInt(Math.round(Number(size) * 2 ** (-20 * depth)));
    const offset = BigInt(Math.round(Number(size - length) * (i / count)));
    const start = performance.now();
    element.view = { offset, length };
    await element.updateComplete;
    element.paintNow();
    frames.push(performance.now() - start);
  }
  return { frames, width: element.renderRoot.querySelector('canvas')?.width ?? 0 };
};
