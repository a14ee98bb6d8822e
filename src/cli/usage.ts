// Mistakes in how the command line was called.

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The one URI that a command takes. */
export function onlyUri(positionals: string[]): string {
  const [uri, ...more] = positionals;
  if (uri === undefined) throw new UsageError('no URI was given');
  if (more.length > 0) throw new UsageError(`one URI is expected, and there is also ${more.join(' ')}`);
  return uri;
}

/** A number of bytes from an option. */
export function bytes(option: string, value: string | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw new UsageError(`--${option} takes a number of bytes, not ${value}`);
  return BigInt(value);
}
