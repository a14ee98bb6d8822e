// Debian's Chromium and Firefox for vitest's browser mode. Vitest's own providers want a Firefox that is patched, or a driver that
// Debian does not have.
import { defineBrowserProvider } from '@vitest/browser';
import type { Page } from 'puppeteer-core';
import type { BrowserProvider, BrowserProviderOption, TestProject } from 'vitest/node';
import { type BrowserName, type OwnedBrowser, startBrowser } from '../../support/browsers.js';

const browsers: readonly BrowserName[] = ['chromium', 'firefox'];

export function debianBrowsers(): BrowserProviderOption {
  return defineBrowserProvider({
    name: 'debian',
    supportedBrowser: browsers,
    providerFactory: (project) => new DebianBrowserProvider(project),
  });
}

class DebianBrowserProvider implements BrowserProvider {
  readonly name = 'debian';
  readonly supportsParallelism = true;
  readonly #browserName: BrowserName;
  #starting: Promise<OwnedBrowser> | undefined;
  readonly #pages = new Map<string, Page>();
  #isClosing = false;

  constructor(project: TestProject) {
    this.#browserName = project.config.browser.name as BrowserName;
  }

  getCommandsContext(sessionId: string): Record<string, unknown> {
    return { page: this.#pages.get(sessionId) };
  }

  async openPage(sessionId: string, url: string): Promise<void> {
    this.#starting ??= this.#start();
    const { browser } = await this.#starting;
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    page.once('error', (error) => this.#lost(error.message));
    page.once('close', () => this.#lost('a page was closed'));
    this.#pages.set(sessionId, page);
    await page.goto(url, { timeout: 0 });
  }

  async #start(): Promise<OwnedBrowser> {
    const owned = await startBrowser(this.#browserName);
    owned.browser.once('disconnected', () => this.#lost('it has ended'));
    return owned;
  }

  // Vitest would wait for the page for ever.
  #lost(how: string): void {
    if (this.#isClosing) return;
    process.stderr.write(`the tests in ${this.#browserName} cannot go on: ${how}\n`);
    process.exit(1);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const owned = await this.#starting;
    await owned?.close();
  }
}
