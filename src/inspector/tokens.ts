// The secrets that open disks. They are kept for the tab alone, and never stand in the address bar or in a link.
import { withoutToken } from './place.js';

const prefix = 'libnbd-wasm token ';
/** Of the server that the page came from. */
const own = '';

/** The token for the page's own server, or for the URL of a WebSocket. */
export function tokenOf(url: string = own): string | undefined {
  return sessionStorage.getItem(prefix + withoutToken(url)) ?? undefined;
}

export function keepToken(token: string, url: string = own): void {
  sessionStorage.setItem(prefix + withoutToken(url), token);
}

/** Takes the token out of the address bar, before anything else is done: a screenshot or a copied address must not have it. */
export function takeToken(): void {
  const fields = new URLSearchParams(location.hash.replace(/^#/, ''));
  const token = fields.get('token');
  const url = fields.get('url');
  const tokenOfUrl = url !== null && URL.canParse(url) ? new URL(url).searchParams.get('token') : null;
  if (token === null && tokenOfUrl === null) return;
  if (token !== null) keepToken(token);
  fields.delete('token');
  if (url !== null && tokenOfUrl !== null) {
    keepToken(tokenOfUrl, url);
    fields.set('url', withoutToken(url));
  }
  const rest = fields.toString();
  history.replaceState(history.state, '', location.pathname + location.search + (rest === '' ? '' : `#${rest}`));
}

/** A WebSocket's URL with a token, as the proxy wants it. */
export function withToken(url: string, token: string | undefined): string {
  if (token === undefined) return url;
  const parsed = new URL(url);
  parsed.searchParams.set('token', token);
  return parsed.href;
}
