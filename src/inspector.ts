// libnbd-wasm/inspector: the elements of the page that shows a disk, for other pages. To import it registers them: the build makes that
// of src/inspector/. This file has their types, which need no types of Lit's.
import type { Disk } from './disk/disk.js';
import type { FilesPlace } from './inspector/files_place.js';
import type { ImagePlace } from './inspector/image_place.js';
import type { Selection, View } from './inspector/selection.js';
import type { Probe } from './probe/types.js';

export type { Disk } from './disk/disk.js';
export type { FilesPlace } from './inspector/files_place.js';
export type { ImagePlace } from './inspector/image_place.js';
export type { Selection, View } from './inspector/selection.js';

/**
 * `<nbd-inspector>`: shows a disk, and never writes. It opens the WebSocket of a proxy by itself, in a worker, or is given a disk.
 *
 * It fires `nbd-select` when its user chooses a range, `nbd-view` when the map is zoomed, `nbd-files` when a file is shown, and
 * `nbd-inside` when an image on the disk is opened as a disk. Its
 * colours and fonts are custom properties, `--nbd-…`, which a page may set.
 *
 * @example
 * ```html
 * <nbd-inspector src="wss://example.com/nbd/disk"></nbd-inspector>
 * ```
 */
export interface InspectorElement extends HTMLElement {
  /** A disk that the page has opened and closes; it goes before `src`. */
  disk: Disk | undefined;
  /** The URL of a WebSocket that leads to an NBD server. Also an attribute. */
  src: string | undefined;
  /** The export, where the server has several; its default one unless told otherwise. Also an attribute, `export-name`. */
  exportName: string | undefined;
  /** What the disk is called; its export's name unless told otherwise. Also an attribute. */
  label: string | undefined;
  /** Looks for partitions and file systems, as `probe` of `libnbd-wasm` does. */
  probe: ((disk: Disk, options: { readonly signal: AbortSignal }) => Promise<Probe>) | undefined;
  /** The images that are opened as disks, each on the one before: the last is shown, and all else is about that. */
  inside: readonly ImagePlace[];
  /** What is selected. */
  selection: Selection | undefined;
  /** What the map shows; undefined for the whole disk. */
  view: View | undefined;
  /** The file or directory that is shown in the bytes' stead; undefined for the bytes. */
  files: FilesPlace | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    'nbd-inspector': InspectorElement;
  }
}
