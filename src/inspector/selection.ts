// The one place on the disk that table, map, hex and values show together, and the event by which each of them changes it.

/** A range of the disk that somebody has chosen. */
export interface Selection {
  /** Where it starts, in bytes. */
  readonly offset: bigint;
  /** In bytes; 0n for a place without a length. */
  readonly length: bigint;
  /** What it is, in a person's words: `partition 2, root`, `hole, 64 KiB`, `typed in`. */
  readonly why: string;
}

/** A part of the disk that the map shows, in bytes. */
export interface View {
  readonly offset: bigint;
  readonly length: bigint;
}

/** The type of the event that an element fires when its user chooses something. */
export const selectEvent = 'nbd-select';

declare global {
  interface HTMLElementEventMap {
    'nbd-select': CustomEvent<Selection>;
    /** Null for the whole disk. */
    'nbd-view': CustomEvent<View | null | undefined>;
  }
}

/** Tells all who listen above the element, over the borders of shadow trees, that its user has chosen a range. */
export function select(element: EventTarget, selection: Selection): void {
  element.dispatchEvent(new CustomEvent<Selection>(selectEvent, { detail: selection, bubbles: true, composed: true }));
}

/** True if both are the same range, whatever they are called. */
export function isSameRange(one: Selection | undefined, other: Selection | undefined): boolean {
  return one?.offset === other?.offset && one?.length === other?.length;
}
