// The results as tables for a terminal, one for each kind of case.
import { type Case, type Peer, peers, type Transport } from './cases.js';
import type { Result } from './results.js';

const names: Record<Peer, string> = {
  native: 'native',
  vates: '@vates',
  nbdcopy: 'nbdcopy',
  raw: 'raw',
  byHand: 'by hand',
  websockify: 'websockify',
  relay: 'relay',
};

const kinds: readonly (readonly Transport[])[] = [
  ['unix', 'tcp', 'tls'],
  ['chromium', 'worker'],
  ['proxy', 'proxy by hand'],
];

export function tables(results: readonly Result[]): string {
  return kinds
    .map((kind) => results.filter((result) => kind.includes(result.case.transport)))
    .filter(({ length }) => length > 0)
    .map(table)
    .join('\n\n');
}

function table(results: readonly Result[]): string {
  const present = peers.filter((peer) => results.some(({ rates }) => rates[peer] !== undefined));
  const cost = results.some(({ costs }) => costs.ours !== undefined) ? ['CPU s/GB'] : [];
  const ofPeers = present.flatMap((peer) => [names[peer], ...cost, 'ratio']);
  const header = ['case', 'ours', ...cost, ...ofPeers, 'target', 'met'];
  const rows = [header, ...results.map((result) => row(result, present, cost.length > 0))];
  const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) => cells.map((cell, column) => (column === 0 ? cell.padEnd : cell.padStart).call(cell, widths[column] ?? 0)))
    .map((cells) => cells.join('  '))
    .join('\n');
}

function row({ case: measured, rates, ratios, costs, isMet }: Result, present: readonly Peer[], hasCosts: boolean): string[] {
  const { target } = measured;
  const cost = (value: number | undefined) => (hasCosts ? [value?.toFixed(2) ?? ''] : []);
  return [
    measured.name,
    rate(measured, rates.ours),
    ...cost(costs.ours),
    ...present.flatMap((peer) => [rate(measured, rates[peer]), ...cost(costs[peer]), ratios[peer]?.toFixed(2) ?? '']),
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
