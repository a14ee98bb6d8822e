// TLS for a platform that has none: its code and tls.wasm are loaded by the first connection that wants it.
import { NBDError } from '../base/errors.js';
import type { CompiledModule } from '../base/platform_types.js';
import type { Host } from '../libnbd/host.js';
import type { Transport, TransportEvents } from '../transports/transport.js';
import { type CompileUrl, compile } from '../wasm/compile.js';
import { type TlsOptions, tlsFile } from './options.js';
import type { TlsTransport } from './transport.js';

export type StartTls = Host['startTls'];
/** Whether a connection does not leave the machine. */
type IsLocal = (transport: Transport) => boolean;

/** Makes what starts TLS: `compileDefault` compiles the tls.wasm beside the library's JavaScript, `compileUrl` the file at a URL. */
export function tlsByModule(
  compileDefault: () => Promise<CompiledModule>,
  compileUrl: CompileUrl,
  { wasm, tableAes = false }: TlsOptions = {},
  isLocal: IsLocal = () => false,
): StartTls {
  let compiled: Promise<CompiledModule> | undefined;
  const module = () => {
    compiled ??= (wasm === undefined ? compileDefault() : compile(wasm, compileUrl, tlsFile)).catch((error: unknown) => {
      compiled = undefined; // the next connection tries again
      throw error;
    });
    return compiled;
  };
  return (below, settings) => {
    const hasWebCrypto = globalThis.crypto?.subtle !== undefined; // not in a page that is no secure context
    const circumstances = { hasWebCrypto, tableAes, isLocal: isLocal(below.transport) };
    const made = Promise.all([import('./transport.js'), module()]).then(([{ TlsTransport }, loaded]) =>
      TlsTransport.make(loaded, below, settings, circumstances),
    );
    return new LaterTransport(below, made);
  };
}

/** A transport that is still being made. Meanwhile it is the one below that it watches: nothing may come. */
class LaterTransport implements Transport {
  readonly connecting = true;
  readonly #below: Transport;
  readonly #made: Promise<TlsTransport>;
  #transport: Transport | undefined;
  #isOver = false;

  constructor(below: Transport, made: Promise<TlsTransport>) {
    this.#below = below;
    this.#made = made;
  }

  open(events: TransportEvents): void {
    const fail = (error: unknown) => {
      if (this.#isOver) return;
      this.#isOver = true;
      events.error(error);
    };
    const early = () => fail(new NBDError('the server spoke before the TLS handshake, which no honest server does', 'EPROTO'));
    const end = () => fail(new NBDError('the TLS handshake failed: the server closed the connection', 'EPROTO'));
    this.#below.open({ connected: () => {}, data: early, end, error: fail });
    this.#made.then(
      (transport) => {
        if (this.#isOver) {
          transport.forget();
          return;
        }
        this.#transport = transport;
        transport.open(events);
      },
      (cause: unknown) =>
        fail(cause instanceof NBDError ? cause : new NBDError(`TLS could not be loaded (${cause})`, 'EIO', { cause })),
    );
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    this.#transport?.write(chunks, written);
  }

  pause(): void {
    this.#transport?.pause?.();
  }

  resume(): void {
    this.#transport?.resume?.();
  }

  shutdown(): void {
    this.#transport?.shutdown?.();
  }

  close(): void {
    this.#isOver = true;
    (this.#transport ?? this.#below).close();
  }
}
