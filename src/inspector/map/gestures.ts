// What a pointer does on the map: wheel and pinch zoom, a drag moves the window, a press without a drag chooses.

export interface GestureTarget {
  /** Zooms by a factor around a place, from 0 at the left edge to 1 at the right one. */
  zoomBy(factor: number, place: number): void;
  /** Moves the window to the right by a fraction of its length. */
  panBy(fraction: number): void;
  /** Something was pressed, at a place and in the element that was under it. */
  pick(place: number, under: Element): void;
  pickTwice(place: number, under: Element): void;
  /** Where the pointer is; undefined when it has left. */
  hover(place: number | undefined): void;
}

/** A pointer that has moved by no more pixels has not dragged. */
const still = 4;
/** So many pixels of a wheel double what is seen. */
const perDoubling = 240;

interface Touch {
  x: number;
  readonly startX: number;
}

export class Gestures {
  readonly #area: HTMLElement;
  readonly #target: GestureTarget;
  readonly #touches = new Map<number, Touch>();
  #hasDragged = false;

  constructor(area: HTMLElement, target: GestureTarget) {
    this.#area = area;
    this.#target = target;
    area.addEventListener('wheel', this.#areaOnWheel, { passive: false });
    area.addEventListener('pointerdown', this.#areaOnPointerDown);
    area.addEventListener('pointermove', this.#areaOnPointerMove);
    area.addEventListener('pointerup', this.#areaOnPointerUp);
    area.addEventListener('pointercancel', this.#areaOnPointerUp);
    area.addEventListener('pointerleave', () => target.hover(undefined));
    area.addEventListener('dblclick', (event) => target.pickTwice(this.#place(event.clientX), event.target as Element));
  }

  #place(x: number): number {
    const { left, width } = this.#area.getBoundingClientRect();
    return width === 0 ? 0 : Math.min(1 - 1e-9, Math.max(0, (x - left) / width));
  }

  readonly #areaOnWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 400 : 1;
    const across = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (event.shiftKey || Math.abs(across) > Math.abs(event.deltaY)) {
      this.#target.panBy((across * pixels) / this.#area.clientWidth);
      return;
    }
    // A pinch on a touchpad comes as small steps of a wheel with the control key.
    const delta = event.deltaY * pixels * (event.ctrlKey ? 4 : 1);
    this.#target.zoomBy(2 ** (delta / perDoubling), this.#place(event.clientX));
  };

  readonly #areaOnPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.#area.setPointerCapture(event.pointerId);
    this.#touches.set(event.pointerId, { x: event.clientX, startX: event.clientX });
    this.#hasDragged = this.#touches.size > 1;
  };

  readonly #areaOnPointerMove = (event: PointerEvent): void => {
    this.#target.hover(this.#place(event.clientX));
    const touch = this.#touches.get(event.pointerId);
    if (touch === undefined) return;
    const other = [...this.#touches].find(([id]) => id !== event.pointerId)?.[1];
    if (other !== undefined) this.#pinch(touch, other, event.clientX);
    else {
      if (Math.abs(event.clientX - touch.startX) > still) this.#hasDragged = true;
      if (this.#hasDragged) this.#target.panBy((touch.x - event.clientX) / this.#area.clientWidth);
    }
    if (this.#hasDragged) touch.x = event.clientX;
  };

  /** One of two fingers has moved: the place between them stays between them. */
  #pinch(touch: Touch, other: Touch, x: number): void {
    const [before, after] = [Math.abs(touch.x - other.x), Math.abs(x - other.x)];
    if (before < 1 || after < 1) return;
    this.#target.panBy((touch.x - x) / 2 / this.#area.clientWidth);
    this.#target.zoomBy(before / after, this.#place((x + other.x) / 2));
  }

  readonly #areaOnPointerUp = (event: PointerEvent): void => {
    if (!this.#touches.delete(event.pointerId) || this.#hasDragged || event.type === 'pointercancel') return;
    const { x, y } = { x: event.clientX, y: event.clientY };
    const root = this.#area.getRootNode() as Document | ShadowRoot;
    this.#target.pick(this.#place(x), root.elementFromPoint(x, y) ?? this.#area);
  };
}
