// The results as a table for a terminal.
import type { Case, Peer } from './cases.js';
import type { Result } from './results.js';

const header = ['case', 'ours', 'native', '@vates', 'nbdcopy', 'of native', 'of @vates', 'of nbdcopy', 'target', 'met'];
const names: Record<Peer, string> = { native: 'native', vates: '@vates', nbdcopy: 'nbdcopy' };

export function table(results: readonly Result[]): string {
  const rows = [header, ...results.map(row)];
  const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) => cells.map((cell, column) => (column === 0 ? cell.padEnd : cell.padStart).call(cell, widths[column] ?? 0)))
    .map((cells) => cells.join('  '))
    .join('\n');
}

function row({ case: measured, rates, ratios, isMet }: Result): string[] {
  const { target } = measured;
  return [
    measured.name,
    rate(measured, rates.ours),
    rate(measured, rates.native),
    rate(measured, rates.vates),
    rate(measured, rates.nbdcopy),
    ratio(ratios, 'native'),
    ratio(ratios, 'vates'),
    ratio(ratios, 'nbdcopy'),
    target === undefined ? '' : `>= ${target.ratio.toFixed(2)} of ${names[target.peer]}`,
    isMet === undefined ? '' : isMet ? 'yes' : 'NO',
  ];
}

// Large requests are about bytes, small ones about requests.
function rate({ size }: Case, requestsPerSecond: number | undefined): string {
  if (requestsPerSecond === undefined) return '';
  if (size >= 65536) return `${((requestsPerSecond * size) / 1e6).toFixed(0)} MB/s`;
  return `${(requestsPerSecond / 1e3).toFixed(1)} k/s`;
}

function ratio(ratios: Result['ratios'], peer: Peer): string {
  return ratios[peer]?.toFixed(2) ?? '';
}
