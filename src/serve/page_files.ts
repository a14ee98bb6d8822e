// The page's files, read once: a request finds one by its exact path or none, so that no path can lead elsewhere.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

export interface PageFile {
  readonly type: string;
  readonly etag: string;
  readonly bytes: Buffer;
}

const types: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.ico', 'image/x-icon'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.json', 'application/json'],
  ['.map', 'application/json'],
  ['.png', 'image/png'],
  ['.svg', 'image/svg+xml'],
  ['.wasm', 'application/wasm'],
  ['.woff2', 'font/woff2'],
]);

/** The files of a folder and of those in it, by their paths: `/inspector.js`; `/` is index.html. Rejects if that is not there. */
export async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: Error) => {
    throw new Error(`the page is not there: ${cause.message}. Build the package first (npm run build)`, { cause });
  });
  const files = new Map<string, PageFile>();
  for (const entry of entries.filter((entry) => entry.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const type = types.get(extname(entry.name)) ?? 'text/plain; charset=utf-8';
    const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
    const name = relative(folder, path).split(sep).map(encodeURIComponent).join('/');
    files.set(`/${name}`, { type, etag, bytes });
  }
  const index = files.get('/index.html');
  if (index === undefined) throw new Error(`${folder} has no index.html. Build the package first (npm run build)`);
  return files.set('/', index);
}
