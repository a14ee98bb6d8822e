// How an object shows itself where Node shows objects, as in console.log and at a prompt: in a line, without what is inside of it and without
// secrets. Nothing else calls these methods.

/** The name of the method that Node looks for. */
export const inspected: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** `NBD { ready, 1 GiB }`; what is undefined is left out. */
export const shown = (name: string, ...parts: (string | undefined)[]): string =>
  `${name} { ${parts.filter((part) => part !== undefined).join(', ')} }`;

/** An object that shows itself, or the name of its class. */
export const shownInside = (value: object): string =>
  inspected in value && typeof value[inspected] === 'function' ? value[inspected]() : value.constructor.name;

/** `1 GiB`; a size that is no multiple of 1024 in bytes. */
export function shownSize(size: bigint | number): string {
  let rest = BigInt(size);
  let unit = 0;
  for (; rest !== 0n && rest % 1024n === 0n && unit < 6; unit++) rest /= 1024n;
  return `${rest} ${unit === 0 ? 'bytes' : `${'KMGTPE'[unit - 1]}iB`}`;
}
