/** Copies bytes. Headers are a few bytes: a view of them costs more than they do. */
export function copy(source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void {
  if (count <= 48) {
    for (let i = 0; i < count; i++) target[to + i] = source[from + i] as number;
  } else {
    target.set(from === 0 && count === source.length ? source : source.subarray(from, from + count), to);
  }
}
