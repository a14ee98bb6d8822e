// Registers the elements of the map.
import { NbdExtents } from './nbd_extents.js';
import { NbdMap } from './nbd_map.js';

const elements = { 'nbd-map': NbdMap, 'nbd-extents': NbdExtents };
for (const [name, element] of Object.entries(elements)) {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}
