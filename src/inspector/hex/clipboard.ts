// Puts text on the clipboard. A page that came over plain HTTP from elsewhere has no navigator.clipboard, but the older way.

/** @throws Error where the browser refuses both ways. */
export async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'nbd-clipboard';
  area.setAttribute('aria-hidden', 'true');
  Object.assign(area.style, { position: 'fixed', opacity: '0' });
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (!isCopied) throw new Error('the browser does not allow it: open the page over HTTPS or from localhost');
}
