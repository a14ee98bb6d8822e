// How sizes and offsets look in the page: short for the eye, exact to copy.

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;
const wholeNumbers = new Intl.NumberFormat('en-US');

/** 16777216n → `16 MiB`, 1600n → `1.5 KiB`: rounded down to a tenth. {@link exactSize} stands beside it, as a title. */
export function shortSize(bytes: bigint): string {
  if (bytes === 1n) return '1 byte';
  let unit = 0;
  for (let rest = bytes; rest >= 1024n && unit < units.length - 1; unit++) rest >>= 10n;
  const tenths = (bytes * 10n) >> BigInt(10 * unit);
  const fraction = tenths % 10n;
  return `${tenths / 10n}${fraction === 0n ? '' : `.${fraction}`} ${units[unit]}`;
}

/** 16777216n → `16,777,216 bytes`. */
export function exactSize(bytes: bigint): string {
  return bytes === 1n ? '1 byte' : `${wholeNumbers.format(bytes)} bytes`;
}

/** 1048576n → `0x100000`. */
export function hexOffset(offset: bigint): string {
  return `0x${offset.toString(16)}`;
}

/** 1234567 → `1,234,567`. */
export function grouped(count: number | bigint): string {
  return wholeNumbers.format(count);
}
