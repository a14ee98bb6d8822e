// Numbers as C's printf writes them. It rounds a tie to the even digit, where JavaScript rounds it up: 6.25 % is 6.2 %, not 6.3 %.

/** The significant digits of a number that is not negative, rounded as printf does, and where the point stands: 0.d1d2d3… · 10^point. */
function digitsOf(value: number, count: number): { digits: string; point: number } {
  const [mantissa = '', exponent = ''] = value.toExponential(100).split('e'); // exact: no double here has more digits
  const exact = mantissa.replace('.', '');
  const isTie = /^50*$/.test(exact.slice(count));
  const kept = exact.slice(0, count);
  if (isTie && Number(kept.at(-1)) % 2 === 0) return { digits: kept, point: Number(exponent) + 1 };
  const [rounded = '', newExponent = ''] = value.toExponential(count - 1).split('e');
  return { digits: rounded.replace('.', ''), point: Number(newExponent) + 1 };
}

/** `%g` of a number that is not negative. */
export function general(value: number): string {
  if (value === 0) return '0';
  const { digits, point } = digitsOf(value, 6);
  const significant = digits.replace(/0+$/, '');
  const exponent = point - 1;
  if (exponent < -4 || exponent >= 6) {
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${withPoint(significant, 1)}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  return point <= 0 ? `0.${'0'.repeat(-point)}${significant}` : withPoint(significant.padEnd(point, '0'), point);
}

/** `%.1f` of a number that is not negative. */
export function withOneDecimal(value: number): string {
  const isTie = (value * 4) % 4 === 1; // of the ties, …25 and …75, JavaScript rounds only the first otherwise
  return isTie ? `${Math.floor(value)}.2` : value.toFixed(1);
}

const withPoint = (digits: string, at: number): string =>
  digits.length > at ? `${digits.slice(0, at)}.${digits.slice(at)}` : digits;
