// What the parts of the page ask of the part above them, beside selections (selection.ts).
import type { FilesPlace, Lit } from './files_place.js';
import type { ImagePlace } from './image_place.js';
import type { Remedy } from './problems.js';
import type { Selection, View } from './selection.js';

/**
 * The details of the events, by their types. All of them bubble over the borders of shadow trees. A listener gets null for a detail that is
 * undefined: the browser makes that of it.
 */
export interface InspectorEvents {
  /** The one button of a problem was pressed. */
  'nbd-remedy': Remedy;
  /** Another disk of the page's server, by its name; or the connect screen. */
  'nbd-choose': { readonly disk: string } | 'connect';
  /** Another export of the same server. */
  'nbd-export': string;
  /** A WebSocket's URL that was typed in. */
  'nbd-connect': Typed;
  /** The link to what is shown is wanted, without a token. */
  'nbd-copy-link': undefined;
  /** The list of keys. */
  'nbd-help': undefined;
  /** The connection is to be opened again. */
  'nbd-reconnect': undefined;
  /** A file or a directory is shown; undefined for the bytes instead. */
  'nbd-files': FilesPlace | null | undefined;
  /** A path in the file system that is shown. */
  'nbd-open-path': string;
  /** An image is to be opened as a disk: a file of those that are shown, by its path; undefined for the whole disk. */
  'nbd-open-image': string | null | undefined;
  /** Another disk is shown, of those that are inside of the server's. */
  'nbd-inside': InsidePlace;
  /** Parts of the disk that the map is to light; undefined for none. */
  'nbd-lit': Lit | null | undefined;
}

/** A disk inside of the server's, and what of it is shown. */
export interface InsidePlace {
  /** The images on the way to it; none for the server's disk. */
  readonly inside: readonly ImagePlace[];
  readonly selection?: Selection | undefined;
  readonly view?: View | undefined;
  readonly files?: FilesPlace | undefined;
}

/** What was typed into the connect screen. */
export interface Typed {
  readonly url: string;
  readonly exportName: string | undefined;
  readonly token: string | undefined;
}

declare global {
  interface HTMLElementEventMap extends InspectorCustomEvents {}
}

type InspectorCustomEvents = { [K in keyof InspectorEvents]: CustomEvent<InspectorEvents[K]> };

export function fire<K extends keyof InspectorEvents>(element: EventTarget, type: K, detail: InspectorEvents[K]): void {
  element.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
}
