// Compiles a module from a file, which in Node is read; what is no file is fetched.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { type CompileUrl, cannotLoad, compileBytes, compileResponse, ownCompiler, type WasmFile } from '../wasm/compile.js';

export const compileUrl: CompileUrl = async (url, file) => {
  const absolute = absoluteUrl(url, file);
  const failed = (cause: unknown): never => {
    const { message } = cause as Error;
    throw cannotLoad(file, message.includes('ENOENT') ? message : `${absolute} cannot be read (${message})`, cause);
  };
  if (absolute.protocol !== 'file:') return compileResponse(fetch(absolute).catch(failed), file);
  return compileBytes(await readFile(absolute).catch(failed), file);
};

/** The same for a file beside the library's JavaScript. */
export const compileOwn = ownCompiler(compileUrl);

/** A text that is no URL is a path. Some bundlers make addresses of pages, such as /_next/static/media/…, of the URLs of files. */
function absoluteUrl(url: URL | string, file: WasmFile): URL {
  try {
    return typeof url === 'string' && !/^(file|https?|data|blob):/i.test(url) ? pathToFileURL(url) : new URL(url);
  } catch (cause) {
    throw cannotLoad(file, `${url} is no URL that Node can read (${(cause as Error).message})`, cause);
  }
}
