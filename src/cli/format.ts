// Text as nbdinfo writes it.
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Paints what goes to a terminal; elsewhere, and where NO_COLOR is set, text stays plain. */
export function paint(style: Style, text: string): string {
  const isWanted = process.stdout.isTTY === true && !process.env.NO_COLOR;
  return isWanted ? styleText(style, text) : text;
}

/** 1073741824 → `1G`; a size that is no multiple of 1024 stays as it is. */
export function humanSize(size: bigint): string {
  let unit = 0;
  let rest = size;
  for (; rest !== 0n && rest % 1024n === 0n; unit++) rest /= 1024n;
  return `${rest}${['', 'K', 'M', 'G', 'T', 'P', 'E'][unit] ?? ''}`;
}

export type Json = string | boolean | bigint | Json[] | { [key: string]: Json };

/** JSON in which an integer beyond 2^53 stays exact. */
export function toJson(value: Json, indent = ''): string {
  const inner = `${indent}\t`;
  const lines = (items: string[], open: string, close: string) =>
    items.length === 0 ? open + close : `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value))
    return lines(
      value.map((item) => toJson(item, inner)),
      '[',
      ']',
    );
  return lines(
    Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${toJson(item, inner)}`),
    '{',
    '}',
  );
}
