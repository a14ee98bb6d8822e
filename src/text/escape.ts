// Text that somebody else wrote, such as a server's description of its export, made safe to show in a terminal, a log or a page.

/**
 * What would not be seen as what it is: control characters (C0, DEL and C1, which make a terminal's escape sequences), line
 * separators, the controls of writing direction, which make text look like other text, and halves of surrogate pairs.
 */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu;

/**
 * Escapes them as nbdinfo does those below U+0020: `\u001b`. A whole line of JSON keeps its meaning, as they stand in none of it
 * but its strings.
 */
export function escapeControls(text: string): string {
  return text.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same of a text of several lines, which stay lines. */
export const escapeLines = (text: string): string => text.split('\n').map(escapeControls).join('\n');

/** A JSON string that is safe to show. */
export function quoted(text: string): string {
  return `"${escapeControls(text.replace(/["\\]/g, '\\$&'))}"`;
}
