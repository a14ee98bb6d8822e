// Registers the elements of the hex view.
import { NbdHexGrid } from './hex_grid.js';
import { NbdGoto } from './nbd_goto.js';
import { NbdHex } from './nbd_hex.js';
import { NbdSave } from './nbd_save.js';
import { NbdSearch } from './nbd_search.js';
import { NbdValues } from './nbd_values.js';

const elements = {
  'nbd-goto': NbdGoto,
  'nbd-search': NbdSearch,
  'nbd-save': NbdSave,
  'nbd-hex-grid': NbdHexGrid,
  'nbd-hex': NbdHex,
  'nbd-values': NbdValues,
};

for (const [name, element] of Object.entries(elements)) {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}

export { NbdGoto, NbdHex, NbdHexGrid, NbdSave, NbdSearch, NbdValues };
