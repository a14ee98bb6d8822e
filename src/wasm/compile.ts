// Compiles a module from what a user has: the module itself, its bytes, a response or a URL. Whatever goes wrong is one kind of error:
// it says what was looked for and where, and what to do.
import { codeOf, type ErrnoCode, NBDError } from '../base/errors.js';
import type { Bytes, CompiledModule } from '../base/platform_types.js';

/** What a module can be compiled from; a URL is fetched. */
export type WasmSource = CompiledModule | Bytes | Response | PromiseLike<Response> | URL | string;

/** A module's file, and what a user can do who has it elsewhere: for errors. */
export interface WasmFile {
  readonly name: string;
  readonly advice: string;
}

/** How a platform compiles the file at a URL. */
export type CompileUrl = (url: URL | string, file: WasmFile) => Promise<CompiledModule>;

export const libnbdFile: WasmFile = {
  name: 'libnbd.wasm',
  advice:
    'say where it is: load({ wasm: URL }), loadInWorker({ wasm: URL }); or import libnbd-wasm/inline, which has it inside its ' +
    'JavaScript and gives its bytes for load({ wasm })',
};
export const blkidFile: WasmFile = { name: 'blkid.wasm', advice: 'say where it is: probe(disk, { blkid: URL })' };

/** Compiles a module; `compileUrl` is the platform's way to compile the file at a URL. */
export async function compile(source: WasmSource, compileUrl: CompileUrl, file: WasmFile): Promise<CompiledModule> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof URL || typeof source === 'string') return compileUrl(source, file);
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return compileBytes(source, file);
  return compileResponse(source as Response | PromiseLike<Response>, file);
}

/** Compiles a module's bytes. */
export async function compileBytes(bytes: Bytes, file: WasmFile): Promise<CompiledModule> {
  try {
    return await WebAssembly.compile(bytes as BufferSource);
  } catch (cause) {
    throw cannotCompile(file, cause);
  }
}

/** Compiles the body of a response, whatever its content type. */
export async function compileResponse(response: Response | PromiseLike<Response>, file: WasmFile): Promise<CompiledModule> {
  const delivered = await response;
  const { ok, status, statusText, headers } = delivered;
  const url = delivered.url || 'the response';
  if (!ok) throw cannotLoad(file, `${url} answered ${status} ${statusText}`.trimEnd());
  const type = headers.get('content-type') ?? 'without a content type';
  // A browser compiles during the download only if the type is exactly this one, without a parameter such as a charset.
  if (type === 'application/wasm') {
    return WebAssembly.compileStreaming(delivered).catch((cause: unknown) => {
      throw cannotCompile(file, cause);
    });
  }
  const bytes = await delivered.arrayBuffer();
  // For a file that is missing, many servers answer with the page of the application.
  if (!isWasm(bytes)) throw cannotLoad(file, `${url} answered ${status} with something else (${type})`);
  return compileBytes(bytes, file);
}

/** Makes what compiles a file beside the JavaScript that names it. */
export const ownCompiler =
  (compileUrl: CompileUrl) =>
  async (locate: () => URL, file: WasmFile): Promise<CompiledModule> =>
    compileUrl(beside(locate, file), file);

/** Where a file is, from the place of the JavaScript that looks for it; a bundle may not know that place. */
function beside(locate: () => URL, file: WasmFile): URL {
  try {
    return locate();
  } catch (cause) {
    throw cannotLoad(file, 'a bundle of this kind does not know where its own files are', cause);
  }
}

/** The error of a file that is not where it is looked for. */
export function cannotLoad({ name, advice }: WasmFile, what: string, cause?: unknown): NBDError {
  const text = `${name}: ${what}. Put the file there, as a bundler may have to be told to, or ${advice}`;
  return new NBDError(text, codeOf(cause, 'ENOENT'), cause === undefined ? {} : { cause });
}

/** The error of bytes that are no module, or that may not become one. */
function cannotCompile({ name, advice }: WasmFile, cause: unknown): NBDError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const isForbidden = /content security|CSP|disallowed/i.test(why);
  const code: ErrnoCode = isForbidden ? 'EPERM' : 'ENOEXEC';
  const what = isForbidden
    ? "this platform forbids to compile it. A page's content security policy allows it by script-src 'wasm-unsafe-eval', which " +
      'libnbd-wasm/inline needs as well; elsewhere, give load({ wasm }) a module that is compiled already'
    : `what was found cannot be compiled: have the file of this version of libnbd-wasm there, or ${advice}`;
  return new NBDError(`${name}: ${what} (${why})`, code, { cause });
}

function isWasm(bytes: ArrayBuffer): boolean {
  const magic = [0x00, 0x61, 0x73, 0x6d]; // "\0asm"
  const start = new Uint8Array(bytes, 0, Math.min(bytes.byteLength, magic.length));
  return magic.every((byte, i) => start[i] === byte);
}
