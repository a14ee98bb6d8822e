// Debian's browsers, headless, driven by puppeteer-core: no download, no account, no network but the test's own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type LaunchOptions, launch } from 'puppeteer-core';

/** `shell` is Chromium without its windows: the same engine, which opens a page in a third of the time. */
export type BrowserName = 'chromium' | 'shell' | 'firefox';

const {
  CHROMIUM = '/usr/bin/chromium',
  CHROMIUM_SHELL = '/usr/bin/chromium-headless-shell',
  FIREFOX = '/usr/bin/firefox-esr',
} = process.env;

// What a browser does by itself, such as to look for updates, would wait for a network that there may not be.
const chromium: LaunchOptions = {
  browser: 'chrome',
  executablePath: CHROMIUM,
  args: [
    '--no-sandbox', // as root, in a container, there is none to be had; the pages are ours
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
  headless: true,
};

const shell: LaunchOptions =
  CHROMIUM_SHELL === CHROMIUM ? chromium : { ...chromium, executablePath: CHROMIUM_SHELL, headless: 'shell' };

const firefox: LaunchOptions = {
  browser: 'firefox',
  executablePath: FIREFOX,
  extraPrefsFirefox: {
    // Of several pages only one is in front; the others' timers would be a second apart.
    'dom.min_background_timeout_value': 4,
    'dom.min_background_timeout_value_without_budget_throttling': 4,
    'dom.timeout.enable_budget_timer_throttling': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'app.update.disabledForTesting': true,
    'browser.safebrowsing.update.enabled': false,
    'services.settings.server': 'data:,#remote-settings-dummy/v1',
  },
  headless: true,
};

const launchOptions: Readonly<Record<BrowserName, LaunchOptions>> = { chromium, shell, firefox };

export interface OwnedBrowser {
  readonly browser: Browser;
  /** Ends it, and removes its profile. */
  close(): Promise<void>;
}

/** Starts a browser with an empty profile of its own. Whoever starts it closes it. */
export async function startBrowser(name: BrowserName, args: readonly string[] = []): Promise<OwnedBrowser> {
  const userDataDir = await mkdtemp(join(tmpdir(), 'libnbd-wasm-browser-'));
  const options = launchOptions[name];
  const browser = await launch({
    ...options,
    args: [...(options.args ?? []), ...args],
    userDataDir,
    networkEnabled: false, // else Chromium reports every message of every WebSocket, with all that is in it: most of a test's work
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      await rm(userDataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
