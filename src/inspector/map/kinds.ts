// What a run of bytes can be. A kind is a small number that stands for the flags which a server has sent, since flags are 64 bits wide.

/** Nobody has asked yet, or the answer has not come. */
export const unknown = 0;
/** The server was asked, and it failed. */
export const failed = 1;
const first = 2;

/** So many different flags are kept. A server with more lies, or counts; the rest of its flags are all of one kind. */
const most = 2 ** 16;

/** The bit that a mask of kinds has for a kind. The kinds from 31 on share the highest bit. */
export const bitOf = (kind: number): number => (kind < 31 ? 1 << kind : 1 << 31) >>> 0;

/** The bit of the kinds that share one. */
export const sharedBit = bitOf(31);

export class Kinds {
  readonly #flags: bigint[] = [];
  readonly #numbers = new Map<bigint, number>();
  /** The kinds of the flags below 16: nearly all that there are. */
  readonly #small = new Int32Array(16).fill(-1);

  /** How many there are, with the two that have no flags. */
  get count(): number {
    return first + this.#flags.length;
  }

  of(flags: bigint): number {
    return flags < 16n ? this.ofHalves(0, Number(flags)) : this.#wide(flags);
  }

  /** The kind of flags that are given as two halves of 32 bits. */
  ofHalves(high: number, low: number): number {
    if (high !== 0 || low >= 16) return this.#wide((BigInt(high) << 32n) | BigInt(low));
    const known = this.#small[low] as number;
    if (known >= 0) return known;
    const kind = this.#wide(BigInt(low));
    this.#small[low] = kind;
    return kind;
  }

  /** Undefined for the two kinds that have none, and for what came after too many different flags. */
  flags(kind: number): bigint | undefined {
    return this.#flags[kind - first];
  }

  #wide(flags: bigint): number {
    const known = this.#numbers.get(flags);
    if (known !== undefined) return known;
    const kind = this.count;
    if (this.#flags.length === most) return kind;
    this.#flags.push(flags);
    this.#numbers.set(flags, kind);
    return kind;
  }
}
