// A disk in memory, which can be made to lie, to hang and to forget: for what no server does when it is told to.
import { CONTEXT_BASE_ALLOCATION, type Disk, NBDError } from 'libnbd-wasm';

type Extents = readonly (readonly [length: bigint, flags: bigint])[];

export class MemoryDisk implements Disk {
  readonly bytes: Uint8Array;
  /** What block status answers from an offset on; undefined for a server that cannot tell. */
  extents: ((offset: number) => Extents) | undefined;
  /** Each request, in order: `pwrite 4096 0` is 4096 bytes at 0. */
  readonly requests: string[] = [];
  /** Awaited before each request. */
  before: (request: string) => Promise<void> = async () => {};
  hasZero = true;

  constructor(bytes: Uint8Array | number) {
    this.bytes = typeof bytes === 'number' ? new Uint8Array(bytes) : bytes;
  }

  async #request(name: string, count: number | bigint, offset: number | bigint): Promise<Uint8Array> {
    const request = `${name} ${count} ${offset}`;
    this.requests.push(request);
    await this.before(request);
    const end = Number(offset) + Number(count);
    if (end > this.bytes.length) throw new NBDError(`${request}: beyond the end of the disk`, 'EINVAL');
    return this.bytes.subarray(Number(offset), end);
  }

  async pread(count: number, offset: number | bigint): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#request('pread', count, offset)).slice();
  }

  async preadInto(buf: ArrayBufferView, offset: number | bigint): Promise<void> {
    const view = new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength);
    view.set(await this.#request('pread', buf.byteLength, offset));
  }

  async pwrite(buf: ArrayBufferView, offset: number | bigint): Promise<void> {
    const view = new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength);
    (await this.#request('pwrite', buf.byteLength, offset)).set(view);
  }

  async zero(count: number | bigint, offset: number | bigint): Promise<void> {
    (await this.#request('zero', count, offset)).fill(0);
  }

  async flush(): Promise<void> {
    await this.#request('flush', 0, 0);
  }

  async blockStatus64(): Promise<void> {
    throw new NBDError('blockStatus64: not in this disk', 'ENOTSUP');
  }

  async blockStatusArrays(count: number | bigint, offset: number | bigint): Promise<Map<string, BigUint64Array>> {
    this.requests.push(`status ${count} ${offset}`);
    const entries = this.extents?.(Number(offset)) ?? [];
    return new Map([[CONTEXT_BASE_ALLOCATION, BigUint64Array.from(entries.flat())]]);
  }

  canFlush = (): boolean => true;
  trim = async (): Promise<void> => {
    throw new NBDError('trim: not in this disk', 'ENOTSUP');
  };
  cache = async (): Promise<void> => {};
  isReadOnly = (): boolean => false;
  isRotational = (): boolean => false;
  canFua = (): boolean => false;
  canFastZero = (): boolean => false;
  canTrim = (): boolean => false;
  canCache = (): boolean => false;
  canMultiConn = (): boolean => true;
  canZero = (): boolean => this.hasZero;
  canMetaContext = (context: string): boolean => context === CONTEXT_BASE_ALLOCATION && this.extents !== undefined;
  getSize = (): bigint => BigInt(this.bytes.length);
  getBlockSize = (): bigint => 0n;
  getExtendedHeadersNegotiated = (): boolean => true;
}
