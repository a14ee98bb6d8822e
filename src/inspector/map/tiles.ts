// The patterns of the map, and how a row of pixels is painted with them. It needs no canvas: what is painted can be looked at anywhere.

export type Pattern = 'plain' | 'dotted' | 'sparse' | 'lined' | 'barred' | 'hatched' | 'crossed' | 'checked';

/** True where a pattern has ink. Patterns repeat after 8 points each way. */
const patterns: Readonly<Record<Pattern, (x: number, y: number) => boolean>> = {
  plain: () => false,
  dotted: (x, y) => x % 4 === 1 && y % 4 === (x === 1 ? 1 : 3),
  sparse: (x, y) => x === 3 && y === 3,
  lined: (_, y) => y % 4 === 1,
  barred: (x) => x % 4 === 1,
  hatched: (x, y) => (x + y) % 8 < 2,
  crossed: (x, y) => (x + y) % 8 === 0 || (x - y + 8) % 8 === 0,
  checked: (x, y) => x >> 1 === y >> 1 || (x >> 1) % 2 === (y >> 1) % 2,
};

const points = 8;

/** A pattern as pixels, each four bytes in the order that a canvas has them. */
export interface Tile {
  /** Of a side, in pixels. */
  readonly side: number;
  readonly pixels: Uint32Array;
}

/** @param scale How many pixels a point has, each way. */
export function makeTile(pattern: Pattern, ground: number, ink: number, scale: number): Tile {
  const side = points * scale;
  const hasInk = patterns[pattern];
  const pixels = Uint32Array.from({ length: side * side }, (_, i) =>
    hasInk(Math.floor((i % side) / scale), Math.floor(i / side / scale)) ? ink : ground,
  );
  return { side, pixels };
}

/** So many bands are told apart in the height of a row. */
const mostBands = 6;

/**
 * Paints a column of pixels for each mask: the tile of the kind, or for several kinds a band each, one above the other.
 *
 * 1. For each mask that occurs, a strip as wide as a tile and as high as the row is made.
 * 2. Each column is the column of its strip that its place across says. Row by row, since memory is written fastest in its order.
 *
 * @param tiles The tile of each bit of a mask, and behind them the one for too many kinds. All have the same side.
 */
export function paint(pixels: Uint32Array, height: number, masks: Uint32Array, tiles: readonly (Tile | undefined)[]): void {
  const width = masks.length;
  const side = tiles.find((tile) => tile !== undefined)?.side ?? 1;
  const numbers = new Map<number, number>();
  const places = new Uint32Array(width);
  for (let x = 0; x < width; x++) {
    const mask = masks[x] as number;
    let number = numbers.get(mask);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(mask, number);
    }
    places[x] = number * side * height + (x % side);
  }
  const strips = new Uint32Array(numbers.size * side * height);
  for (const [mask, number] of numbers) {
    makeStrip(strips.subarray(number * side * height, (number + 1) * side * height), height, mask, tiles);
  }
  for (let y = 0; y < height; y++) {
    const [row, across] = [y * width, y * side];
    for (let x = 0; x < width; x++) pixels[row + x] = strips[(places[x] as number) + across] as number;
  }
}

function makeStrip(strip: Uint32Array, height: number, mask: number, tiles: readonly (Tile | undefined)[]): void {
  const bands = bandsOf(mask);
  for (const [band, bit] of bands.entries()) {
    const tile = tiles[bit];
    if (tile === undefined) continue;
    const { side, pixels } = tile;
    const from = Math.floor((height * (bands.length - 1 - band)) / bands.length);
    const to = Math.floor((height * (bands.length - band)) / bands.length);
    for (let y = from; y < to; y++) {
      strip.set(pixels.subarray((y % side) * side, ((y % side) + 1) * side), y * side);
    }
  }
}

/** The bits of a mask, from the bottom up. */
function bandsOf(mask: number): number[] {
  const bits: number[] = [];
  for (let bit = 31; bit >= 0; bit--) if ((mask >>> bit) & 1) bits.push(bit);
  return bits.length > mostBands ? [32] : bits;
}
