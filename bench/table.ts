// The results as text for a terminal: one table of all, and the targets.
import type { Case, Target } from './cases.js';
import { type Figures, nameOfPeer, type Result, type Spread, type Verdict } from './results.js';

const header = ['case', 'who', 'rate', 'least to most', 'ours/its', 'CPU us', 'least to most', 'ours/its', 'garbage'];

/** A row for each competitor of each case. */
export function table(results: readonly Result[]): string {
  return aligned([header, ...results.flatMap((result) => result.figures.map((figures) => row(result.case, figures)))]);
}

function row(measured: Case, { competitor, rate, cpu, garbage, ofRate, ofCpu }: Figures): string[] {
  const isOurs = competitor === 'ours';
  const number = (digits: number) => (value: number) => value.toFixed(digits);
  const microseconds = number(cpu !== undefined && cpu.median < 100 ? 2 : 0);
  return [
    isOurs ? measured.name : '',
    isOurs ? 'ours' : nameOfPeer[competitor],
    ...range(rate, (value) => rateText(measured, value)),
    isOurs ? '' : ofRate.toFixed(2),
    ...(cpu === undefined ? ['', ''] : range(cpu, microseconds)),
    isOurs ? '' : (ofCpu?.toFixed(2) ?? ''),
    garbage === undefined ? '' : `${garbage.toFixed(0)} B`,
  ];
}

const range = ({ median, least, most }: Spread, text: (value: number) => string): string[] => [
  text(median),
  `${text(least)} to ${text(most)}`.replace(/^(\S+) \S+ to/, '$1 to'),
];

// Large requests are about bytes, small ones about requests.
function rateText({ size }: Case, requestsPerSecond: number): string {
  if (size >= 65536) return `${((requestsPerSecond * size) / 1e6).toFixed(0)} MB/s`;
  return `${(requestsPerSecond / 1e3).toFixed(1)} k/s`;
}

/** A line for each target: what was measured on this machine, and whether the target is met. */
export function targets(results: readonly Result[]): string {
  return aligned(results.flatMap((result) => result.verdicts.map((verdict) => [result.case.name, ...verdictRow(verdict)])));
}

function verdictRow({ target, measured, isMet }: Verdict): string[] {
  const value = measured === undefined ? 'not measured' : measured.toFixed(target.of === 'garbage' ? 0 : 2);
  return [aim(target), value, isMet === undefined ? '' : isMet ? 'met' : 'NOT MET'];
}

function aim(target: Target): string {
  if (target.of === 'garbage') return `garbage <= ${target.bytes} B a request`;
  const sign = target.of === 'rate' ? '>=' : '<=';
  return `${target.of === 'rate' ? 'rate' : 'CPU'} ${sign} ${target.ratio.toFixed(2)} of ${nameOfPeer[target.peer]}`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows
    .map((cells) => cells.map((cell, column) => (column < 2 ? cell.padEnd : cell.padStart).call(cell, widths[column] ?? 0)))
    .map((cells) => cells.join('  ').trimEnd())
    .join('\n');
}
