// Opens a URL in the user's browser.
import { spawn } from 'node:child_process';

/** Opens it, where there is a browser: on a machine without a display there is none. */
export function openBrowser(url: string): void {
  const [program, ...args] = openers[process.platform] ?? [];
  if (program === undefined || (process.platform === 'linux' && !hasDisplay())) return;
  const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
  child.on('error', () => {}); // the URL stands in the terminal as well
  child.unref();
}

const openers: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ['xdg-open'],
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

const hasDisplay = () => Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
