// The permissions of a file, as `ls -l` has them.

/** `rwxr-xr-x`, with s, S, t and T for setuid, setgid and sticky. */
export function permissionsText(mode: number | undefined): string {
  if (mode === undefined) return '?????????';
  const triple = (shift: number, special: number, letter: string) => {
    const bits = (mode >> shift) & 7;
    const canRun = (bits & 1) !== 0;
    const last = (mode & special) === 0 ? (canRun ? 'x' : '-') : canRun ? letter : letter.toUpperCase();
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${last}`;
  };
  return `${triple(6, 0o4000, 's')}${triple(3, 0o2000, 's')}${triple(0, 0o1000, 't')}`;
}
