import { readSector } from './read_sector.js';

postMessage(await readSector(location.search));
