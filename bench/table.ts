// The results as a table for a terminal.
import { type Case, type Peer, peers } from './cases.js';
import type { Result } from './results.js';

const names: Record<Peer, string> = {
  native: 'native',
  vates: '@vates',
  nbdcopy: 'nbdcopy',
  raw: 'raw',
  stream: 'WebSocketStream',
  websockify: 'websockify',
};

export function table(results: readonly Result[]): string {
  const present = peers.filter((peer) => results.some(({ rates }) => rates[peer] !== undefined));
  const header = ['case', 'ours', ...present.flatMap((peer) => [names[peer], 'ratio']), 'target', 'met'];
  const rows = [header, ...results.map((result) => row(result, present))];
  const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) => cells.map((cell, column) => (column === 0 ? cell.padEnd : cell.padStart).call(cell, widths[column] ?? 0)))
    .map((cells) => cells.join('  '))
    .join('\n');
}

function row({ case: measured, rates, ratios, isMet }: Result, present: readonly Peer[]): string[] {
  const { target } = measured;
  return [
    measured.name,
    rate(measured, rates.ours),
    ...present.flatMap((peer) => [rate(measured, rates[peer]), ratios[peer]?.toFixed(2) ?? '']),
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
