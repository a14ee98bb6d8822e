/** Copies bytes. A header has only a few: a view of them would cost more than copying them one by one. */
export function copy(source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void {
  if (count <= 48) {
    for (let i = 0; i < count; i++) target[to + i] = source[from + i] as number;
  } else {
    target.set(from === 0 && count === source.length ? source : source.subarray(from, from + count), to);
  }
}
