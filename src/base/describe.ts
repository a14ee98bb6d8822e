// Names a refused value in the text of an error.

export function describe(value: unknown): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'boolean':
      return `${value}${typeof value === 'bigint' ? 'n' : ''}`;
    case 'string':
      return JSON.stringify(value);
    case 'object':
      return `an object (${value.constructor?.name ?? 'no class'})`;
    default:
      return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
  }
}
