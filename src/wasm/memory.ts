// A module's memory, as bytes, as numbers and as C strings. It is made before the module, whose imports look into it.

/** An address in the module's memory, or a virtual one (src/libnbd/buffers.ts). Never a bare number. */
export type Pointer = number & { readonly __pointer: unique symbol };
export const nullPointer = 0 as Pointer;

/** A `WebAssembly.Memory`. */
export interface ModuleMemory {
  readonly buffer: ArrayBuffer;
}

export class Memory {
  #memory: ModuleMemory | undefined;
  #bytes: Uint8Array = new Uint8Array();
  #view: DataView = new DataView(new ArrayBuffer(0));
  #viewed: Uint8Array | undefined;

  /** To be called once, when the module has been instantiated. */
  attach(memory: ModuleMemory): void {
    this.#memory = memory;
  }

  get #buffer(): ArrayBuffer {
    if (this.#memory === undefined) throw new Error('a module used its imports before it was instantiated');
    return this.#memory.buffer;
  }

  /** How large it is now, in bytes. */
  get size(): number {
    return this.#buffer.byteLength;
  }

  /** The memory as bytes. Good until the next call of an export, which may grow it. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#buffer);
    return this.#bytes;
  }

  /** The memory as a DataView. Good until the next call of an export, which may grow it. */
  get view(): DataView {
    // Memory that grows leaves `#bytes` with length 0. To read that length is cheap; to read a buffer is a call out of JavaScript.
    if (this.#bytes.length === 0 || this.#viewed !== this.#bytes) {
      this.#viewed = this.bytes;
      this.#view = new DataView(this.#viewed.buffer);
    }
    return this.#view;
  }

  /** A C string, which stays libnbd's. Bytes that are not UTF-8 become U+FFFD. */
  string(pointer: Pointer): string {
    const bytes = this.bytes;
    return decoder.decode(bytes.subarray(pointer, bytes.indexOf(0, pointer)));
  }

  /** Writes a C string into a buffer of the module's; throws RangeError when it does not fit. */
  writeString(text: string, buffer: number, size: number): void {
    const bytes = encoder.encode(`${text}\0`);
    if (bytes.length > size) throw new RangeError(`${text} does not fit into ${size} bytes`);
    this.bytes.set(bytes, buffer);
  }
}

/** A C string, or undefined for a null pointer. */
export function optionalString(memory: Memory, pointer: Pointer): string | undefined {
  return pointer === nullPointer ? undefined : memory.string(pointer);
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
