// A disk that tests write to and read back, with a copy of what it must hold.
import { expect } from 'vitest';
import { firstDifference, noise, pattern } from './bytes.js';
import { nbdkit, type TestServer } from './platform.js';

export class ShadowedDisk {
  readonly size: number;
  readonly server: TestServer;
  readonly #shadow: Uint8Array;

  private constructor(server: TestServer, size: number) {
    this.server = server;
    this.size = size;
    this.#shadow = pattern(0, size);
  }

  /** Starts with what nbdkit's pattern plugin has, under a layer that can be written. */
  static async start(size: number): Promise<ShadowedDisk> {
    return new ShadowedDisk(await nbdkit('--filter=cow', 'pattern', String(size)), size);
  }

  /** New bytes to be written at an offset: from now on the disk must hold them. */
  write(offset: number, count: number, seed: number): Uint8Array {
    const bytes = noise(count, seed);
    this.#shadow.set(bytes, offset);
    return bytes;
  }

  expectRead(bytes: Uint8Array, offset: number): void {
    const expected = this.#shadow.subarray(offset, offset + bytes.length);
    expect(firstDifference(bytes, expected), `${bytes.length} bytes at ${offset}`).toBe(-1);
  }
}
