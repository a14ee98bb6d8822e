// Compiles the file at a URL, in a page or a worker.
import { type CompileUrl, cannotLoad, compileResponse, ownCompiler } from './compile.js';

export const compileUrl: CompileUrl = (url, file) =>
  compileResponse(
    fetch(url).catch((cause: unknown) => {
      const what = cause instanceof Error ? cause.message : String(cause);
      const where = "the browser's console says why, such as a content security policy that does not allow it as connect-src";
      throw cannotLoad(file, `${url} cannot be fetched (${what}): ${where}`, cause);
    }),
    file,
  );

/** The same for a file beside the library's JavaScript. */
export const compileOwn = ownCompiler(compileUrl);
