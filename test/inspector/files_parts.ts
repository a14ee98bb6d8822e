// The parts of the page that show files, as tests read and press them.
import type { Page } from 'puppeteer-core';
import { find, untilText } from './support.js';

/** The rows of the list that are in the document, as their cells. */
export async function rowsOf(page: Page): Promise<string[]> {
  const list = await find(page, 'nbd-file-list');
  return list.evaluate(({ shadowRoot }) =>
    [...(shadowRoot?.querySelectorAll('.row') ?? [])].map((row) =>
      [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent?.replace(/\s+/g, ' ').trim()).join('|'),
    ),
  );
}

/** Waits until the list has a row with a text, and clicks it. */
export async function choose(page: Page, element: 'nbd-file-list' | 'nbd-file-tree', text: string): Promise<void> {
  await untilText(page, element, text);
  const host = await find(page, element);
  await host.evaluate(({ shadowRoot }, text) => {
    const rows = [...(shadowRoot?.querySelectorAll('.row') ?? [])];
    (rows.find((row) => row.textContent?.includes(text)) as HTMLElement).click();
  }, text);
}

/** Presses the button of an element that has such a text. */
export async function press(page: Page, element: string, text: string): Promise<void> {
  await untilText(page, element, text);
  const host = await find(page, element);
  await host.evaluate(({ shadowRoot }, text) => {
    const buttons = [...(shadowRoot?.querySelectorAll('button') ?? [])];
    buttons.find((button) => button.textContent?.trim().startsWith(text))?.click();
  }, text);
}
