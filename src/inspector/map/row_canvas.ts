// The canvas of one metadata context. It paints again only when what it shows has changed.
import type { Colours } from './colours.js';
import { Columns, type Window } from './columns.js';
import type { ExtentMap } from './extent_map.js';
import { type Look, lookOf, many } from './looks.js';
import { makeTile, paint, type Tile } from './tiles.js';

export class RowCanvas {
  readonly element: HTMLCanvasElement;
  readonly context: string;
  readonly #surface: CanvasRenderingContext2D | null;
  #image: ImageData | undefined;
  #masks = new Uint32Array();
  #tiles: { key: string; tiles: Tile[] } = { key: '', tiles: [] };
  #shown = '';

  constructor(context: string, document: Document) {
    this.context = context;
    this.element = document.createElement('canvas');
    this.#surface = this.element.getContext('2d', { alpha: false });
  }

  /** @param columns Of the window, as many as the canvas is to have pixels across. */
  draw(map: ExtentMap, columns: Columns, height: number, scale: number, colours: Colours): void {
    const tiles = this.#tilesOf(map, scale, colours);
    const { offset, length } = columns.window;
    const shown = [offset, length, columns.count, height, map.version, this.#tiles.key].join();
    if (shown === this.#shown || this.#surface === null) return;
    this.#shown = shown;
    const image = this.#imageOf(columns.count, height);
    map.summarize(columns, this.#masks);
    paint(new Uint32Array(image.data.buffer), height, this.#masks, tiles);
    this.#surface.putImageData(image, 0, 0);
  }

  #imageOf(width: number, height: number): ImageData {
    if (this.#image?.width !== width || this.#image.height !== height) {
      this.#image = new ImageData(width, height);
      this.#masks = new Uint32Array(width);
      [this.element.width, this.element.height] = [width, height];
    }
    return this.#image;
  }

  #tilesOf(map: ExtentMap, scale: number, colours: Colours): Tile[] {
    const looks: Look[] = Array.from({ length: Math.min(31, map.kinds.count) }, (_, kind) => lookOf(this.context, map, kind));
    const key = `${scale} ${colours.signature([...looks, many].flatMap(({ ground, ink }) => [ground, ink]))}`;
    if (key === this.#tiles.key) return this.#tiles.tiles;
    const tile = ({ pattern, ground, ink }: Look) => makeTile(pattern, colours.pixel(ground), colours.pixel(ink), scale);
    const tiles = looks.map(tile);
    tiles[31] = tile(many);
    tiles[32] = tile(many);
    this.#tiles = { key, tiles };
    return tiles;
  }
}

/** What each swatch shows. */
const swatches = new WeakMap<HTMLCanvasElement, string>();

/** Has a canvas show how one kind looks. */
export function swatch(look: Look, side: number, scale: number, colours: Colours, element: HTMLCanvasElement): void {
  const shown = `${look.pattern} ${side} ${colours.signature([look.ground, look.ink])}`;
  const surface = element.getContext('2d', { alpha: false });
  if (swatches.get(element) === shown || surface === null) return;
  swatches.set(element, shown);
  [element.width, element.height] = [side, side];
  const image = surface.createImageData(side, side);
  const tile = makeTile(look.pattern, colours.pixel(look.ground), colours.pixel(look.ink), scale);
  paint(new Uint32Array(image.data.buffer), side, new Uint32Array(side).fill(1), [tile]);
  surface.putImageData(image, 0, 0);
}

/** The columns of a window, made anew only when it has changed. */
export class ColumnsOnce {
  #columns: Columns | undefined;

  of(window: Window, count: number): Columns {
    const { offset, length } = this.#columns?.window ?? {};
    if (this.#columns === undefined || offset !== window.offset || length !== window.length || this.#columns.count !== count) {
      this.#columns = new Columns(window, count);
    }
    return this.#columns;
  }
}
