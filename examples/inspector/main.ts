// Shows a disk in a page of one's own, and says what its user selects. The page's address says which: ?disk=ws://127.0.0.1:10810/nbd/disk
import 'libnbd-wasm/inspector';

const inspector = document.querySelector('nbd-inspector');
const output = document.querySelector('output');
if (inspector === null || output === null) throw new Error('the page has no <nbd-inspector> or no <output>');

inspector.src = new URLSearchParams(location.search).get('disk') ?? 'ws://127.0.0.1:10810/nbd/disk';
inspector.label = 'My disk';

// A place that the page shows from the first: the second sector.
inspector.selection = { offset: 512n, length: 512n, why: 'the header of a GPT' };

inspector.addEventListener('nbd-select', ({ detail: { offset, length, why } }) => {
  output.textContent = `${length} bytes at offset ${offset}: ${why}`;
});
