// Bytes in messages of a bounded size, as WebSockets and streams over them carry them.

/** Messages are cut at this size: a proxy holds each of them whole before it can pass it on. */
const maxMessage = 2 ** 18;

/** Cuts a chunk of the library's into messages. */
export function cut(chunk: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const bytes = chunk as Uint8Array<ArrayBuffer>; // the library's buffers; one of shared memory is refused by send()
  if (bytes.length <= maxMessage) return [bytes];
  const messages: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < bytes.length; start += maxMessage) messages.push(bytes.subarray(start, start + maxMessage));
  return messages;
}

/** The bytes of a message; undefined for a message of anything else. */
export function bytesOf(data: unknown): Uint8Array | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return undefined;
}
