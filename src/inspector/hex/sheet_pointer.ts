// What a mouse, a pen or a finger does on the rows: a mouse selects, a finger scrolls and taps.

export interface PointerActions {
  /** The byte under the pointer. */
  readonly offsetAt: (event: PointerEvent | MouseEvent) => bigint | undefined;
  /** In pixels. */
  readonly rowHeight: () => number;
  /** Puts the cursor somewhere; `extend` leaves the other end of the selection where it is. */
  readonly place: (offset: bigint, extend: boolean) => void;
  readonly scroll: (pixels: number) => boolean;
  readonly selectField: (offset: bigint) => void;
}

/** How far a finger moves before it is no tap any more, in pixels. */
const slop = 6;
/** What is left of the speed after a millisecond, and below which speed it rests, in pixels a millisecond. */
const friction = 0.996;
const rest = 0.02;

export class SheetPointer {
  readonly #actions: PointerActions;
  /** Where a finger is, and how fast it moves. */
  #finger: { y: number; time: number; moved: number; speed: number } | undefined;
  #isSelecting = false;
  #gliding = 0;

  constructor(actions: PointerActions) {
    this.#actions = actions;
  }

  readonly down = (event: PointerEvent): void => {
    cancelAnimationFrame(this.#gliding);
    const target = event.currentTarget as HTMLElement;
    if (event.button !== 0 || (event.target as Element).closest('button') !== null) return;
    if (event.pointerType === 'touch') {
      this.#finger = { y: event.clientY, time: event.timeStamp, moved: 0, speed: 0 };
      target.onpointerup = (up) => this.#lift(up);
    } else {
      const offset = this.#actions.offsetAt(event);
      if (offset === undefined) return;
      this.#isSelecting = true;
      this.#actions.place(offset, event.shiftKey);
    }
    target.setPointerCapture(event.pointerId);
    target.onlostpointercapture = () => {
      this.#isSelecting = false;
      this.#finger = undefined;
    };
  };

  readonly move = (event: PointerEvent): void => {
    if (this.#finger !== undefined) this.#drag(this.#finger, event);
    if (!this.#isSelecting) return;
    const { top, bottom } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    if (event.clientY < top) this.#actions.scroll(-this.#actions.rowHeight());
    else if (event.clientY > bottom) this.#actions.scroll(this.#actions.rowHeight());
    const offset = this.#actions.offsetAt(event);
    if (offset !== undefined) this.#actions.place(offset, true);
  };

  readonly doubleClick = (event: MouseEvent): void => {
    const offset = this.#actions.offsetAt(event);
    if (offset !== undefined) this.#actions.selectField(offset);
  };

  #drag(finger: { y: number; time: number; moved: number; speed: number }, event: PointerEvent): void {
    const pixels = finger.y - event.clientY;
    const elapsed = Math.max(1, event.timeStamp - finger.time);
    finger.moved += Math.abs(pixels);
    finger.speed = 0.6 * (pixels / elapsed) + 0.4 * finger.speed;
    finger.y = event.clientY;
    finger.time = event.timeStamp;
    if (finger.moved > slop) this.#actions.scroll(pixels);
  }

  #lift(event: PointerEvent): void {
    const finger = this.#finger;
    this.#finger = undefined;
    if (finger === undefined) return;
    const offset = finger.moved > slop ? undefined : this.#actions.offsetAt(event);
    if (offset !== undefined) this.#actions.place(offset, false);
    else if (!matchMedia('(prefers-reduced-motion: reduce)').matches) this.#glide(finger.speed, event.timeStamp);
  }

  /** Goes on by itself, ever slower. */
  #glide(speed: number, since: number): void {
    this.#gliding = requestAnimationFrame((time) => {
      const elapsed = Math.max(0, time - since);
      const left = speed * friction ** elapsed;
      if (Math.abs(left) > rest && this.#actions.scroll(left * elapsed)) this.#glide(left, time);
    });
  }
}
