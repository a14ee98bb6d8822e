// Text as nbdinfo writes it.
import { quoted } from '../../text/escape.js';

export type Json = string | boolean | bigint | Json[] | { [key: string]: Json };

/** JSON in which an integer beyond 2^53 stays exact, and which is safe to show. */
export function toJson(value: Json, indent = ''): string {
  const inner = `${indent}\t`;
  const lines = (items: string[], open: string, close: string) =>
    items.length === 0 ? open + close : `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value))
    return lines(
      value.map((item) => toJson(item, inner)),
      '[',
      ']',
    );
  return lines(
    Object.entries(value).map(([key, item]) => `${quoted(key)}: ${toJson(item, inner)}`),
    '{',
    '}',
  );
}
