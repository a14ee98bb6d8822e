// Compiles a module from what a user has: the module itself, its bytes, a response or a URL.

/** What a module can be compiled from; a URL is fetched. */
export type WasmSource = WebAssembly.Module | BufferSource | Response | PromiseLike<Response> | URL | string;

/** A module's file, and how a user says where it is: for errors. */
export interface WasmFile {
  readonly name: string;
  readonly option: string;
}

export const libnbdFile: WasmFile = { name: 'libnbd.wasm', option: 'load({ wasm: URL }), loadInWorker({ wasm: URL })' };
export const blkidFile: WasmFile = { name: 'blkid.wasm', option: 'probe(disk, { blkid: URL })' };

/** Compiles a module; `compileUrl` is the platform's way to compile the file at a URL. */
export async function compile(
  source: WasmSource,
  compileUrl: (url: URL | string, file: WasmFile) => Promise<WebAssembly.Module>,
  file: WasmFile,
): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof URL || typeof source === 'string') return compileUrl(source, file);
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source);
  return compileResponse(source, file);
}

/** Compiles the body of a response, whatever its content type. */
export async function compileResponse(response: Response | PromiseLike<Response>, file: WasmFile): Promise<WebAssembly.Module> {
  const delivered = await response;
  const { ok, status, statusText, headers } = delivered;
  const url = delivered.url || 'the response';
  if (!ok) throw notThere(file, url, `answered ${status} ${statusText}`.trimEnd());
  const type = headers.get('content-type') ?? 'without a content type';
  // A browser compiles during the download only if the type is exactly this one, without a parameter such as a charset.
  if (type === 'application/wasm') return WebAssembly.compileStreaming(delivered);
  const bytes = await delivered.arrayBuffer();
  // For a file that is missing, many servers answer with the page of the application.
  if (!isWasm(bytes)) throw notThere(file, url, `answered ${status} with something else (${type})`);
  return WebAssembly.compile(bytes);
}

function notThere({ name, option }: WasmFile, url: string, what: string): Error {
  return new Error(
    `${name}: ${url} ${what}. Put the file there, as a bundler may have to be told to, or say where it is: ${option}`,
  );
}

function isWasm(bytes: ArrayBuffer): boolean {
  const magic = [0x00, 0x61, 0x73, 0x6d]; // "\0asm"
  const start = new Uint8Array(bytes, 0, Math.min(bytes.byteLength, magic.length));
  return magic.every((byte, i) => start[i] === byte);
}
