// How sizes look, as nbdinfo writes them.

/** 1073741824 → `1G`; a size that is no multiple of 1024 stays as it is. */
export function humanSize(size: bigint): string {
  let unit = 0;
  let rest = size;
  for (; rest !== 0n && rest % 1024n === 0n; unit++) rest /= 1024n;
  return `${rest}${['', 'K', 'M', 'G', 'T', 'P', 'E'][unit] ?? ''}`;
}
