// Text of others, made safe to show.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeControls, quoted } from '../../dist/text/escape.js';

/** Any UTF-16, halves of pairs included, and what is to be escaped more often than chance has it. */
const texts = fc
  .array(fc.oneof(fc.nat(0xffff), fc.constantFrom(0x1b, 0x22, 0x5c, 0x7f, 0x9b, 0x61c, 0x200e, 0x202e, 0x2069)))
  .map((codes) => String.fromCharCode(...codes));

const isUnsafe = (text: string) =>
  [...text].some((char) => {
    const code = char.codePointAt(0) ?? 0;
    const ranges = [
      [0, 0x1f],
      [0x7f, 0x9f],
      [0x61c, 0x61c],
      [0x200e, 0x200f],
      [0x2028, 0x202e],
      [0x2066, 0x2069],
      [0xd800, 0xdfff],
    ];
    return ranges.some(([first = 0, last = 0]) => code >= first && code <= last);
  });

test('a quoted text is JSON of that text, and safe', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(JSON.parse(quoted(text))).toBe(text);
      expect(isUnsafe(quoted(text))).toBe(false);
    }),
  );
});

test('a line of JSON keeps its meaning, and is safe', () => {
  fc.assert(
    fc.property(texts, texts, (key, value) => {
      const line = escapeControls(JSON.stringify({ [key]: [value] }));
      expect(JSON.parse(line)).toEqual({ [key]: [value] });
      expect(isUnsafe(line)).toBe(false);
    }),
  );
});

test('other text stays as it is', () => {
  for (const text of ['', 'a "quoted" C:\\ ~', 'Größe 🖴 漢字 עברית \u200d\ufeff']) expect(escapeControls(text)).toBe(text);
});
