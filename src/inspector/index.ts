// Registers the elements, and gives the document their colours. The bundle of the page and of `libnbd-wasm/inspector` is made of this.

import { probe } from '../worker_client.js';
import { ConnectElement } from './connect.js';
import { ExportElement } from './export_header.js';
import { InspectorElement } from './inspector.js';
import { KeysElement } from './keys.js';
import { PageElement } from './page.js';
import { PartitionsElement } from './partitions.js';
import { PlotElement } from './plot.js';
import { ProblemElement } from './problem.js';
import { adoptTheme } from './theme.js';
import './hex/index.js';
import './map/index.js';

adoptTheme(document);
InspectorElement.probe = probe;

const elements = {
  'nbd-connect': ConnectElement,
  'nbd-export': ExportElement,
  'nbd-inspector': InspectorElement,
  'nbd-keys': KeysElement,
  'nbd-page': PageElement,
  'nbd-partitions': PartitionsElement,
  'nbd-plot': PlotElement,
  'nbd-problem': ProblemElement,
} as const;

for (const [name, element] of Object.entries(elements)) {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}
