// The code in the documentation: each block of README.md and of docs/, with the name that tests call it by.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Block {
  /** The file and which of its blocks of this language it is, from 1 on: `README.md js 3`. */
  readonly name: string;
  readonly language: string;
  readonly text: string;
}

const files = ['README.md', ...readdirSync(`${root}docs`).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];

/** All blocks, in the order of the files. */
export const blocks: readonly Block[] = files.flatMap((file) => {
  const counts = new Map<string, number>();
  return [...readFileSync(`${root}${file}`, 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => {
    const count = (counts.get(language) ?? 0) + 1;
    counts.set(language, count);
    return { name: `${file} ${language} ${count}`, language, text };
  });
});
