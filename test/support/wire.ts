// Values with bytes in them, as JSON: what a test in a browser tells the process that starts its servers.

export const toWire = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (part instanceof Uint8Array ? { base64: toBase64(part) } : part));

export const fromWire = (json: string): unknown =>
  JSON.parse(json, (_key, part: unknown) => (isEncoded(part) ? fromBase64(part.base64) : part));

const isEncoded = (part: unknown): part is { base64: string } =>
  typeof part === 'object' && part !== null && 'base64' in part && typeof part.base64 === 'string';

function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; start += 2 ** 15) {
    pieces.push(String.fromCharCode(...bytes.subarray(start, start + 2 ** 15)));
  }
  return btoa(pieces.join(''));
}

const fromBase64 = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
