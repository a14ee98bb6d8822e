// Mistakes in how the command line was called.

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A number of bytes from an option. */
export function bytes(option: string, value: string | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw new UsageError(`--${option} takes a number of bytes, not ${value}`);
  return BigInt(value);
}
