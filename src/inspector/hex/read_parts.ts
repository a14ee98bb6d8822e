// Reads a range of which some sectors cannot be read: what the server refuses is asked for again in halves, down to a unit.
import type { NBDError } from '../../base/errors.js';
import { isAnswer } from '../../disk/block_cache.js';
import type { Piece } from '../../disk/ranges.js';

/** A part of a range: its bytes, or why they could not be read. */
export type ReadPart = Piece & ({ readonly bytes: Uint8Array } | { readonly error: NBDError });

export type ReadPiece = (piece: Piece) => Promise<Uint8Array>;

/**
 * The parts of a range, in order; neighbours that failed with the same code are one.
 *
 * @param read Reads all of a piece.
 * @param unit The smallest piece that is asked for, in bytes; the ends of pieces are multiples of it.
 * @throws What ends the connection, and an abort: everything but the server's refusal.
 */
export async function readParts(read: ReadPiece, piece: Piece, unit: number): Promise<ReadPart[]> {
  try {
    return [{ ...piece, bytes: await read(piece) }];
  } catch (error) {
    if (!isAnswer(error)) throw error;
    const { at, count } = piece;
    const middle = splitAt(piece, unit);
    if (middle === undefined) return [{ ...piece, error: error as NBDError }];
    const head = await readParts(read, { at, count: middle }, unit);
    const tail = await readParts(read, { at: at + BigInt(middle), count: count - middle }, unit);
    return joined([...head, ...tail]);
  }
}

/** How much of a piece comes before its middle; undefined for one that lies in one unit. */
function splitAt({ at, count }: Piece, unit: number): number | undefined {
  const before = Number(at % BigInt(unit));
  const units = Math.ceil((before + count) / unit);
  return units < 2 ? undefined : Math.floor(units / 2) * unit - before;
}

function joined(parts: readonly ReadPart[]): ReadPart[] {
  const all: ReadPart[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (last !== undefined && 'error' in last && 'error' in part && last.error.code === part.error.code) {
      all[all.length - 1] = { ...last, count: last.count + part.count };
    } else all.push(part);
  }
  return all;
}
