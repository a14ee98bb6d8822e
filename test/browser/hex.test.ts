// The hex view in a page: moved to the last byte of the largest disk by keys, with sectors that cannot be read, searched and sent to.
import axe from 'axe-core';
import { type Disk, openDisk } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import * as elements from '../../src/inspector/hex/index.js';
import type { Selection } from '../../src/inspector/selection.js';
import { adoptTheme } from '../../src/inspector/theme.js';
import { nbdkit } from './support/platform.js';

adoptTheme(document);

/** As vitest has it, with time enough for a machine that does other things. */
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 20 });

interface Shown {
  readonly hex: elements.NbdHex;
  readonly grid: elements.NbdHexGrid;
  readonly values: elements.NbdValues;
  readonly disk: Disk;
  /** What was chosen, in order. */
  readonly chosen: Selection[];
}

/** The elements in the page, over a server, wired as a page wires them. */
async function show(args: readonly string[], more: Partial<elements.NbdHex> = {}, width = 900): Promise<Shown> {
  expect(Object.keys(elements)).toContain('NbdHex');
  const server = await nbdkit(...args);
  const disk = await openDisk(server.url, { retry: false });
  onTestFinished(() => disk.close());
  const hex = document.createElement('nbd-hex') as HTMLElement as elements.NbdHex;
  const values = document.createElement('nbd-values') as HTMLElement as elements.NbdValues;
  const box = document.createElement('main');
  Object.assign(box.style, { width: `${width}px`, color: 'CanvasText' });
  hex.style.height = '500px';
  box.append(hex, values);
  document.body.append(box);
  onTestFinished(() => box.remove());
  const chosen: Selection[] = [];
  box.addEventListener('nbd-select', ({ detail }) => {
    chosen.push(detail);
    hex.selection = detail;
    values.selection = detail;
  });
  for (const element of [hex, values]) Object.assign(element, { disk, size: disk.getSize(), ...more });
  await hex.updateComplete;
  const grid = inside(hex, 'nbd-hex-grid') as elements.NbdHexGrid;
  return { hex, grid, values, disk, chosen };
}

function inside(element: Element, selector: string): HTMLElement {
  const found = element.shadowRoot?.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector} in ${element.localName}`);
  return found;
}

const all = (element: Element, selector: string) => [...(element.shadowRoot?.querySelectorAll<HTMLElement>(selector) ?? [])];
/** The rows as text: the offset, the bytes and the characters. */
const rowsOf = (grid: Element) =>
  all(grid, '.rows [role=row]').map((row) => {
    const [offset = '', ...cells] = [...row.querySelectorAll('.offset, .byte:not(.none), .text, .failed .reason')].map(
      (cell) => cell.textContent?.replaceAll(/\s/g, '') ?? '',
    );
    return `${offset} ${cells.join(' ')}`;
  });
const press = (grid: Element, key: string, more: KeyboardEventInit = {}) =>
  inside(grid, '.sheet').dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true, ...more }),
  );
/** What a screen reader says of the byte at the cursor. */
const spoken = (grid: Element) => {
  const id = inside(grid, '.sheet').getAttribute('aria-activedescendant');
  return id === null ? undefined : grid.shadowRoot?.getElementById(id)?.getAttribute('aria-label');
};

async function violations(): Promise<string[]> {
  const { violations } = await axe.run(document.querySelector('main') ?? document, { resultTypes: ['violations'] });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

const largest = 2n ** 63n - 1n;

test('the last byte of the largest disk, by keys', async () => {
  const { grid, chosen, values } = await show(['pattern', String(largest)]);
  press(grid, 'End', { ctrlKey: true });
  expect(chosen.at(-1)).toMatchObject({ offset: largest - 1n, length: 1n });
  await eventually(() =>
    expect(rowsOf(grid).at(-1)).toBe(
      '7ffffffffffffff0 7f ff ff ff ff ff ff f0 7f ff ff ff ff ff ff ........ .......'.replace(
        '........ .......',
        '...............',
      ),
    ),
  );
  await eventually(() => expect(spoken(grid)).toBe('0x7ffffffffffffffe, ff'));
  press(grid, 'PageUp');
  press(grid, 'ArrowLeft', { shiftKey: true });
  expect(chosen.at(-1)?.length).toBe(2n);
  await eventually(() => expect(values.shadowRoot?.textContent).toContain('2 bytes'));
  press(grid, 'Home', { ctrlKey: true });
  await eventually(() =>
    expect(rowsOf(grid)[1]).toBe('0000000000000010 00 00 00 00 00 00 00 10 00 00 00 00 00 00 00 18 ................'),
  );
  expect(await violations()).toEqual([]);
});

test('by wheel and by the bar', async () => {
  const { grid } = await show(['pattern', String(largest)]);
  const body = inside(grid, '.body');
  body.dispatchEvent(new WheelEvent('wheel', { deltaY: 50, cancelable: true, bubbles: true }));
  await eventually(() => expect(rowsOf(grid)[0]).toMatch(/^0000000000000020 00 00/));
  expect(inside(grid, '.rows').style.transform).toBe('translateY(-10px)');
  const bar = inside(grid, '.bar');
  bar.setPointerCapture = () => {}; // a pointer that a test made cannot be captured
  const { top, height } = bar.getBoundingClientRect();
  bar.dispatchEvent(new PointerEvent('pointerdown', { clientY: top + height / 2, bubbles: true, pointerId: 1 }));
  await eventually(() => expect(bar.getAttribute('aria-valuenow')).toBe('50'));
  await eventually(() => expect(rowsOf(grid)[0]).toMatch(/^(3f|40)/));
  bar.dispatchEvent(new PointerEvent('pointermove', { clientY: top + 10 * height, bubbles: true, pointerId: 1 }));
  await eventually(() => expect(rowsOf(grid).at(-1)).toMatch(/^7ffffffffffffff0 7f ff/));
});

test.for([
  ['100 bytes', ['pattern', '100'], 7, /^00000060 00 00 00 00 \.\.\.\.$/],
  ['1 byte', ['data', '0x41', 'size=1'], 1, /^00000000 41 A$/],
] as const)('a disk of %s ends exactly', async ([, args, rows, last]) => {
  const { grid } = await show(args);
  await eventually(() => expect(rowsOf(grid).at(-1)).toMatch(last));
  expect(rowsOf(grid)).toHaveLength(rows);
});

test('a disk of 0 bytes has nothing to show, and says so', async () => {
  const { grid, values } = await show(['null', '0']);
  await eventually(() => expect(grid.shadowRoot?.textContent).toContain('The disk has 0 bytes'));
  expect(values.shadowRoot?.textContent).toContain('There are no bytes here.');
  press(grid, 'End', { ctrlKey: true });
  expect(await violations()).toEqual([]);
});

test('a server whose smallest block is 64 KiB', async () => {
  const policy = ['blocksize-minimum=65536', 'blocksize-preferred=65536', 'blocksize-maximum=1M', 'blocksize-error-policy=error'];
  const { grid, hex } = await show(['--filter=blocksize-policy', 'pattern', '1M', ...policy]);
  hex.selection = { offset: 0x12345n, length: 1n, why: 'a test' };
  await eventually(() => expect(rowsOf(grid).find((row) => row.startsWith('00012340'))).toContain('00 00 00 00 00 01 23 40'));
});

describe('sectors that cannot be read', () => {
  const script =
    'test -e $tmpdir/mended || [ $(( $4 < 1536 && $4 + $3 > 1024 )) = 0 ] || { echo EIO bad sector >&2; exit 1; }; yes | head -c $3';

  test('are shown as such, and the rest goes on', async () => {
    const { grid, hex } = await show(['eval', 'get_size=echo 65536', `pread=${script}`]);
    hex.selection = { offset: 1000n, length: 1n, why: 'a test' };
    await eventually(() => expect(rowsOf(grid).find((row) => row.startsWith('00000400'))).toContain('couldnotberead(EIO)'));
    const rows = rowsOf(grid);
    expect(rows.find((row) => row.startsWith('000003f0'))).toContain('79 0a 79 0a');
    await eventually(() => expect(rowsOf(grid).filter((row) => row.includes('EIO')).length).toBeGreaterThan(5));
    expect(all(grid, '.retry')).toHaveLength(1);
    hex.selection = { offset: 0x405n, length: 1n, why: 'a test' };
    await eventually(() => expect(spoken(grid)).toBe('0x400, could not be read (EIO)'));
    hex.selection = { offset: 0x600n, length: 1n, why: 'a test' };
    await eventually(() => expect(rowsOf(grid).find((row) => row.startsWith('00000600'))).toContain('79 0a'));
    expect(await violations()).toEqual([]);
  });

  test('are read again when that is asked for', async () => {
    // The first read of the sector fails, however it is asked for, and so do those that look for its borders.
    const once =
      'n=$(cat $tmpdir/n 2>/dev/null || echo 0); echo $((n + 1)) >$tmpdir/n; [ $n -gt 6 ] || { echo EIO >&2; exit 1; }; yes | head -c $3';
    const { grid } = await show(['-t', '1', 'eval', 'get_size=echo 512', `pread=${once}`]);
    await eventually(() => expect(rowsOf(grid)[0]).toContain('EIO'));
    await eventually(() => {
      if (rowsOf(grid)[0]?.includes('EIO')) press(grid, 'r');
      expect(rowsOf(grid)[0]).toContain('79 0a');
    });
  });
});

describe('structures', () => {
  const mbr = '@446 0x80 0 2 0 0x83 0 0 0 0 8 0 0 0 16 0 0 @510 0x55 0xaa';

  test('are named and coloured, at the cursor and in the values', async () => {
    const { grid, hex, values, chosen } = await show(['data', mbr, 'size=1M']);
    for (const element of [hex, values]) element.selection = { offset: 450n, length: 1n, why: 'a test' };
    await eventually(() => expect(spoken(grid)).toBe('0x1c2, 83, MBR, partition_1.sys_ind: 0x83 (Linux)'));
    await eventually(() => expect(inside(values, '.current').textContent).toMatch(/sys_ind\s+0x83 \(Linux\)/));
    expect(inside(grid, '.byte.cursor').className).toMatch(/field-\d/);
    const button = all(grid, '.structures button')[0];
    expect(button?.textContent).toBe('MBR');
    button?.click();
    expect(chosen.at(-1)).toEqual({ offset: 0n, length: 512n, why: 'MBR' });
    await eventually(() => expect(all(grid, '.byte.selected').length).toBeGreaterThan(200));
    expect(await violations()).toEqual([]);
  });
});

test('go to and search choose a place, and say what is wrong with what was typed', async () => {
  const { hex, grid, chosen } = await show(['data', '@700000 0xde 0xad 0xbe 0xef @900000 0xde 0xad', 'size=1M']);
  const goTo = inside(hex, 'nbd-goto');
  const send = (element: Element, text: string) => {
    (inside(element, 'input') as HTMLInputElement).value = text;
    (inside(element, 'form') as HTMLFormElement).requestSubmit();
  };
  send(goTo, 'p9');
  await eventually(() => expect(inside(goTo, '#error').textContent).toContain('There is no partition 9'));
  send(goTo, '50%');
  expect(chosen.at(-1)?.offset).toBe(524288n);
  const search = inside(hex, 'nbd-search') as elements.NbdSearch;
  send(search, 'xx');
  await eventually(() => expect(inside(search, '#error').textContent).toContain('no hexadecimal digit'));
  send(search, 'de ad');
  await eventually(() => expect(inside(search, '.summary').textContent).toContain('2 found'));
  await eventually(() => expect(search.shadowRoot?.textContent).toContain('read as zeroes'));
  expect(chosen.at(-1)).toMatchObject({ offset: 700000n, length: 2n });
  press(grid, 'F3');
  expect(chosen.at(-1)).toMatchObject({ offset: 900000n, length: 2n, why: 'hit 2 of 2' });
  await eventually(() => expect(spoken(grid)).toBe('0xdbba0, de'));
  await eventually(() => expect(all(grid, '.byte.selected').map((cell) => cell.textContent)).toEqual(['de', 'ad']));
  expect(await violations()).toEqual([]);
});

test('rows are as wide as the page, and reads are few', async () => {
  const { hex, grid, disk } = await show(['pattern', '1G'], {}, 330);
  await eventually(() => expect(rowsOf(grid)[1]).toBe('00000008 00 00 00 00 00 00 00 08 ........'));
  const reads = vi.spyOn(disk, 'pread');
  hex.selection = { offset: 500_000_000n, length: 1n, why: 'a test' };
  await eventually(() => expect(rowsOf(grid).some((row) => row.startsWith('1dcd6500 00 00 00 00 1d cd 65 00'))).toBe(true));
  expect(reads.mock.calls.reduce((sum, [count]) => sum + count, 0)).toBeLessThanOrEqual(4 * 4096);
});
