// A manual page in roff's man macros, of plain text: whatever is in the text, roff prints it as it is.
import { wrapped } from '../src/cli/help.js';

const special: Record<string, string> = {
  '\\': String.raw`\[rs]`,
  '-': String.raw`\-`, // else a hyphen, which no search for an option finds
  "'": String.raw`\[aq]`,
  '`': String.raw`\[ga]`,
  '^': String.raw`\[ha]`,
  '~': String.raw`\[ti]`,
  '"': String.raw`\[dq]`, // else it may end an argument of a macro
};

/** Text in which nothing has a meaning to roff. */
export function roff(text: string): string {
  const escaped = text.replace(
    /[\\\-'`^~"]|[^\n -~]/gu,
    (char) => special[char] ?? String.raw`\[u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
  return escaped.replace(/^(?=\.)/gm, String.raw`\&`); // a line of a dot is a request
}

const lines = (text: string): string => `${roff(text)}\n`;

/** Text that roff fills, in lines that are not too long for an editor. */
const filled = (text: string): string => lines(wrapped(text.replace(/\s+/g, ' '), 72).join('\n'));

/** The head of a page, whose lines are neither stretched nor hyphenated: options and URIs stay whole. */
export const title = (name: string, section: number, date: string, source: string): string =>
  `.TH ${roff(name.toUpperCase())} ${section} ${date} "${roff(source)}" "User Commands"\n.nh\n.ad l\n`;

export const section = (name: string): string => `.SH "${roff(name)}"\n`;
export const subsection = (name: string): string => `.SS "${roff(name)}"\n`;

/** Paragraphs under a heading; one that is indented stays as it is. */
export const paragraphs = (texts: readonly string[]): string =>
  texts.map((text) => (text.startsWith(' ') ? verbatim(text) : filled(text))).join('.PP\n');

export const paragraph = (text: string): string => `.PP\n${filled(text)}`;

/** Lines that stay as they are, indented by four where the first begins. */
export const verbatim = (text: string): string => {
  const [indent = ''] = /^ */.exec(text) ?? [];
  return `.RS 4\n.nf\n${lines(text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))}.fi\n.RE\n`;
};

/** Lines in bold, each on a line of its own: how a program is called. */
export const calls = (texts: readonly string[]): string => `.nf\n${texts.map((text) => `.B "${roff(text)}"\n`).join('')}.fi\n`;

/** A term, and below it, indented, what it means. */
export const item = (term: string, text: string): string => `.TP\n.B "${roff(term)}"\n${filled(text)}`;
