// IP addresses in the names of certificates.

/** Whether a name is an IP address: a server is not told such a name, and looks for it elsewhere in its certificate. */
export const isAddress = (name: string): boolean => /^\d+(\.\d+){3}$/.test(name) || name.includes(':');

/** The bytes of an address as text; its groups are not shortened. */
export function addressInWords(bytes: Uint8Array): string {
  if (bytes.length !== 16) return bytes.join('.');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i).toString(16)).join(':');
}
