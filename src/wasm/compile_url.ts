// Compiles the file at a URL, in a page or a worker.
import { compileResponse, type WasmFile } from './compile.js';

export const compileUrl = (url: URL | string, file: WasmFile): Promise<WebAssembly.Module> =>
  compileResponse(
    fetch(url).catch((cause: unknown) => {
      const what = cause instanceof Error ? cause.message : String(cause);
      const where = "the browser's console says why, such as a content security policy that does not allow it as connect-src";
      throw new Error(`${file.name}: ${url} cannot be fetched (${what}): ${where}`, { cause });
    }),
    file,
  );
