// Figures from measurements: medians, their spread, ratios, and whether the targets are met.
import { type Case, type Competitor, type Peer, peers, type Target } from './cases.js';
import type { Measurement } from './in_flight.js';

/** What one competitor of a case did. */
export interface Figures {
  readonly competitor: Competitor;
  /** Requests a second: the median of the rounds, the least and the most. */
  readonly rate: Spread;
  /** CPU microseconds a request; undefined where they are not counted. */
  readonly cpu: Spread | undefined;
  /** Bytes of garbage a request. */
  readonly garbage: number | undefined;
  /** Our rate over this one's: the median of the ratios of each round. 1 for ourselves. */
  readonly ofRate: number;
  /** The same of the CPU time a request. */
  readonly ofCpu: number | undefined;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** A target, what was measured, and whether that is met; undefined where it was not measured. */
export interface Verdict {
  readonly target: Target;
  readonly measured: number | undefined;
  readonly isMet: boolean | undefined;
}

export interface Result {
  readonly case: Case;
  /** Every round of every competitor that took part. */
  readonly rounds: Rounds;
  readonly figures: readonly Figures[];
  readonly verdicts: readonly Verdict[];
}

export type Rounds = Partial<Record<Competitor, Measurement[]>>;

/** `garbage` has the bytes a request that competitors made which were run for that. */
export function resultOf(measured: Case, rounds: Rounds, garbage: Partial<Record<Competitor, number>>): Result {
  const figures = (['ours', ...peers] as const).flatMap((competitor) => {
    const found = figuresOf(competitor, rounds, garbage[competitor]);
    return found === undefined ? [] : [found];
  });
  return { case: measured, rounds, figures, verdicts: measured.targets.map((target) => verdict(target, figures)) };
}

function figuresOf(competitor: Competitor, rounds: Rounds, garbage: number | undefined): Figures | undefined {
  const own = rounds[competitor];
  if (own === undefined) return undefined;
  const cpus = own.map(cpu).filter((value) => value !== undefined);
  return {
    competitor,
    rate: spread(own.map(rate)),
    cpu: cpus.length === 0 ? undefined : spread(cpus),
    garbage,
    ofRate: ratio(rounds.ours, own, rate) ?? Number.NaN,
    ofCpu: ratio(rounds.ours, own, cpu),
  };
}

function verdict(target: Target, figures: readonly Figures[]): Verdict {
  const of = (competitor: Competitor) => figures.find((found) => found.competitor === competitor);
  const measured = target.of === 'garbage' ? of('ours')?.garbage : of(target.peer)?.[target.of === 'rate' ? 'ofRate' : 'ofCpu'];
  if (measured === undefined) return { target, measured, isMet: undefined };
  const isMet =
    target.of === 'garbage'
      ? measured <= target.bytes
      : target.of === 'rate'
        ? measured >= target.ratio
        : measured <= target.ratio;
  return { target, measured, isMet };
}

// A round's two measurements were made one after the other. Their ratio holds when the machine as a whole changes its pace
// between rounds, which the ratio of two medians, or of two bests, does not.
function ratio(
  ours: readonly Measurement[] | undefined,
  theirs: readonly Measurement[],
  figure: (measurement: Measurement) => number | undefined,
): number | undefined {
  const ratios = (ours ?? []).flatMap((our, round) => {
    const their = theirs[round];
    const [first, second] = [figure(our), their && figure(their)];
    return first === undefined || second === undefined ? [] : [first / second];
  });
  return ratios.length === 0 ? undefined : spread(ratios).median;
}

const rate = ({ requests, seconds }: Measurement): number => requests / seconds;
const cpu = ({ requests, cpu }: Measurement): number | undefined => (cpu === undefined ? undefined : (cpu / requests) * 1e6);

/** The middle of an odd number of values, and the ends. */
function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) };
}

export const nameOfPeer: Record<Peer, string> = {
  floor: 'floor',
  native: 'native',
  vates: '@vates',
  nbdcopy: 'nbdcopy',
  raw: 'raw',
  byHand: 'by hand',
  websockify: 'websockify',
  relay: 'relay',
};
