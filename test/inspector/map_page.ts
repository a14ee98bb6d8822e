// The page that map_element.test.ts opens: the elements of the map on a disk behind the proxy.
import { NBD } from 'libnbd-wasm';
import type { Disk } from '../../src/disk/disk.js';
import '../../src/inspector/map/index.js';
import type { NbdExtents } from '../../src/inspector/map/nbd_extents.js';
import type { NbdMap } from '../../src/inspector/map/nbd_map.js';

export interface Mounted {
  readonly element: NbdMap;
  readonly table: NbdExtents;
  readonly disk: Disk;
  /** What the elements have fired: `nbd-select` and `nbd-view`. */
  readonly events: { type: string; detail: unknown }[];
}

declare global {
  var mounted: Mounted;
  /** Connects and shows the elements. */
  var mount: (url: string, contexts: readonly string[], properties?: Partial<NbdMap>) => Promise<void>;
  /** What the content security policy has refused. */
  var violations: string[];
}

globalThis.violations = [];
addEventListener('securitypolicyviolation', ({ violatedDirective, sourceFile }) => {
  violations.push(`${violatedDirective} ${sourceFile}`);
});

globalThis.mount = async (url, contexts, properties = {}) => {
  const disk = await NBD.create();
  for (const context of contexts) disk.addMetaContext(context);
  await disk.connectWebSocket(url);
  show(disk, contexts, properties);
};

function show(disk: Disk, contexts: readonly string[], properties: Partial<NbdMap>): void {
  const element = document.createElement('nbd-map');
  const events: Mounted['events'] = [];
  for (const type of ['nbd-select', 'nbd-view']) {
    document.body.addEventListener(type, (event) => events.push({ type, detail: (event as CustomEvent).detail }));
  }
  const all = { disk, contexts, ...properties };
  Object.assign(element, all);
  const table = document.createElement('nbd-extents');
  Object.assign(table, { disk, contexts });
  document.body.replaceChildren(element, table);
  globalThis.mounted = { element, table, disk, events };
}
