// Mistakes in how the command line was called, and the values of options that several commands have.

export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** The beginning of the command line whose `--help` tells more. */
  call: string | undefined;
  exitCode = 2;
  /** What may have been meant. */
  readonly advice: string | undefined;

  constructor(message: string, advice?: string) {
    super(message);
    this.advice = advice;
  }
}

const scales: Record<string, bigint> = {
  b: 1n,
  s: 512n,
  k: 2n ** 10n,
  m: 2n ** 20n,
  g: 2n ** 30n,
  t: 2n ** 40n,
  p: 2n ** 50n,
  e: 2n ** 60n,
};

/** A number of bytes: decimal or hexadecimal, or decimal with one of nbdcopy's suffixes. */
export function bytes(option: string, value: string | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  const [, number, suffix = 'b'] = /^(0x[\da-f]+|\d+)([bskmgtpe]?)$/i.exec(value) ?? [];
  const scale = scales[suffix.toLowerCase() || 'b'];
  if (number === undefined || scale === undefined || (/^0x/i.test(value) && suffix !== '')) {
    throw new UsageError(`--${option} takes a number of bytes, such as 65536, 64k or 0x10000, not ${value}`);
  }
  const count = BigInt(number) * scale;
  if (count >= 2n ** 63n) throw new UsageError(`--${option}: ${value} is more than a disk can have`);
  return count;
}

/** A whole number, from `least` on. */
export function count(option: string, value: string | undefined, least = 0): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,10}$/.test(value) || Number(value) < least) {
    throw new UsageError(`--${option} takes a number${least === 0 ? '' : ` from ${least} on`}, not ${value}`);
  }
  return Number(value);
}

/** A number of seconds, which may have a fraction, as milliseconds. */
export function milliseconds(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,7}(\.\d+)?$/.test(value)) throw new UsageError(`--${option} takes a number of seconds, not ${value}`);
  return Math.round(Number(value) * 1000);
}
