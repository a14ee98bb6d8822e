// The colours that an element has in its custom properties, as the pixels of a canvas.

export class Colours {
  readonly #host: Element;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #known = new Map<string, number>();
  readonly #texts = new Map<string, string>();
  #style: CSSStyleDeclaration | undefined;

  constructor(host: Element) {
    this.#host = host;
    const canvas = host.ownerDocument.createElement('canvas');
    [canvas.width, canvas.height] = [1, 1];
    this.#context = canvas.getContext('2d', { willReadFrequently: true });
  }

  /** All that a painting depends on, as one text: another text means to paint again. */
  signature(properties: Iterable<string>): string {
    return Array.from(properties, (property) => this.#text(property)).join();
  }

  /** A custom property's colour, as a pixel of an ImageData. */
  pixel(property: string): number {
    const text = this.#text(property);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const pixel = this.#parse(text);
    this.#known.set(text, pixel);
    return pixel;
  }

  /** Looks again at what the element has, if its ground or its data has another colour: once a frame, to ask for all would take longer. */
  refresh(): void {
    const [ground, data] = [this.#texts.get('--nbd-ground'), this.#texts.get('--nbd-data')];
    this.#texts.delete('--nbd-ground');
    this.#texts.delete('--nbd-data');
    if (this.#text('--nbd-ground') !== ground || this.#text('--nbd-data') !== data) this.#texts.clear();
  }

  #text(property: string): string {
    let text = this.#texts.get(property);
    if (text === undefined) {
      this.#style ??= getComputedStyle(this.#host); // which stays up to date
      text = this.#style.getPropertyValue(property).trim();
      this.#texts.set(property, text);
    }
    return text;
  }

  #parse(text: string): number {
    const context = this.#context;
    if (context === null) return 0;
    context.fillStyle = text;
    context.clearRect(0, 0, 1, 1);
    context.fillRect(0, 0, 1, 1);
    return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0;
  }
}
