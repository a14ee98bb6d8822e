// Names of files as keys: a string whose characters are the bytes of the name.

/** Bytes as characters, one each. */
export function latin(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The names in a path, up to a NUL. */
export function names(path: Uint8Array): string[] {
  const end = path.indexOf(0);
  return latin(end === -1 ? path : path.subarray(0, end))
    .split('/')
    .filter((name) => name !== '');
}
