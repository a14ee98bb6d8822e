// What is selected, as text for the clipboard.

export const formats = ['hex', 'text', 'C array', 'base64'] as const;
export type Format = (typeof formats)[number];

/** How much can be copied to the clipboard, in bytes: a browser has to hold several times as much. */
export const mostCopied = 2 ** 20;

export function formatted(bytes: Uint8Array, format: Format): string {
  switch (format) {
    case 'hex':
      return lines(bytes, (byte) => hex(byte), ' ', 16);
    case 'text':
      return new TextDecoder().decode(bytes);
    case 'C array':
      return `const unsigned char data[${bytes.length}] = {\n  ${lines(bytes, (byte) => `0x${hex(byte)},`, ' ', 12, '\n  ')}\n};\n`;
    case 'base64':
      return base64(bytes);
  }
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

function lines(bytes: Uint8Array, word: (byte: number) => string, between: string, perLine: number, newline = '\n'): string {
  const all: string[] = [];
  for (let at = 0; at < bytes.length; at += perLine) {
    all.push(Array.from(bytes.subarray(at, at + perLine), word).join(between));
  }
  return all.join(newline);
}

function base64(bytes: Uint8Array): string {
  // btoa takes a character for each byte, and a call takes only so many arguments.
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(text);
}
