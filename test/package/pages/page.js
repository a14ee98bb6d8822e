// The test waits for `result`.
import { readSector } from './read_sector.js';

globalThis.result = readSector(location.search);
