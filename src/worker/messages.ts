// The messages between a page and its worker.

import { codeOf, type ErrnoCode, NBDError } from '../base/errors.js';
import type { Bytes, CompiledModule, Moved } from '../base/platform_types.js';

/** How the worker is to load the library. */
export interface WorkerOptions {
  readonly wasm?: CompiledModule | Bytes | string | undefined;
  readonly proxy?: string | undefined;
  readonly tls?: { readonly wasm?: WorkerOptions['wasm']; readonly tableAes?: boolean | undefined } | undefined;
}

/** From the page. Each but an abort is answered by a message with its `id`. */
export type Request =
  | ({ readonly kind: 'load'; readonly id: number } & WorkerOptions)
  | { readonly kind: 'create'; readonly id: number; readonly handle: number }
  | { readonly kind: 'call'; readonly id: number; readonly handle: number; readonly name: string; readonly args: readonly Sent[] }
  | { readonly kind: 'abort'; readonly id: number };

/** From the worker. */
export type Reply =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: SentError }
  /** A handle has lost its connection. */
  | { readonly kind: 'lost'; readonly handle: number; readonly error: SentError }
  /** A callback of the call was called. */
  | { readonly kind: 'callback'; readonly id: number; readonly index: number; readonly args: readonly unknown[] };

/** An argument. A function or a signal stays in the page: an index or a mark stands for it. */
export type Sent =
  | { readonly value: unknown }
  | { readonly callback: number }
  | { readonly signal: true }
  | { readonly options: Readonly<Record<string, Sent>> };

/** An error. An NBDError is taken apart, since a message keeps neither its class nor its members. */
export type SentError =
  | {
      readonly nbd: {
        readonly message: string;
        readonly code: ErrnoCode | null;
        readonly isFatal: boolean;
        readonly cause?: SentError;
      };
    }
  | { readonly other: unknown };

export function sendError(error: unknown): SentError {
  if (error instanceof NBDError) {
    const { message, isFatal, cause } = error;
    const code = error.code === null ? null : codeOf(error, 'EIO');
    return { nbd: { message, code, isFatal, ...(cause === undefined ? {} : { cause: sendError(cause) }) } };
  }
  return { other: error instanceof Error ? error : String(error) };
}

export function receiveError(sent: SentError): unknown {
  if ('other' in sent) return sent.other;
  const { message, code, isFatal, cause } = sent.nbd;
  return new NBDError(message, code, { isFatal, ...(cause === undefined ? {} : { cause: receiveError(cause) }) });
}

/** Bytes to be moved to the other side. A view of a whole buffer takes the buffer with it; a view of a part is copied. */
export function moveBytes(view: ArrayBufferView, transfer: Moved[]): Uint8Array {
  const bytes = bytesOf(view);
  const isWhole = view.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength;
  return isWhole ? given(bytes as Uint8Array<ArrayBuffer>, transfer) : given(bytes.slice(), transfer);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  try {
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  } catch (cause) {
    throw new TypeError('the buffer was moved away, as by an earlier call: give each call one of its own', { cause });
  }
}

/** A copy of bytes, to be moved to the other side. */
export const copyBytes = (bytes: Uint8Array, transfer: Moved[]): Uint8Array => given(bytes.slice(), transfer);

function given(bytes: Uint8Array<ArrayBuffer>, transfer: Moved[]): Uint8Array {
  transfer.push(bytes.buffer);
  return bytes;
}
