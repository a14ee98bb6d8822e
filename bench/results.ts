// Figures from measurements: medians, ratios, and whether the target is met.
import { type Case, type Competitor, type Peer, peers } from './cases.js';
import type { Measurement } from './in_flight.js';

export interface Result {
  readonly case: Case;
  /** Every round of every competitor that took part. */
  readonly rounds: Rounds;
  /** Requests per second: the median of the rounds. */
  readonly rates: Partial<Record<Competitor, number>>;
  /** Our rate over the peer's: the median of the ratios of each round. */
  readonly ratios: Partial<Record<Peer, number>>;
  /** CPU seconds that the proxy took for 10^9 bytes: the median of the rounds; of proxies only. */
  readonly costs: Partial<Record<Competitor, number>>;
  /** Undefined where there is no target, or its peer was not measured. */
  readonly isMet: boolean | undefined;
}

export type Rounds = Partial<Record<Competitor, Measurement[]>>;

export function resultOf(measured: Case, rounds: Rounds): Result {
  const rates: Partial<Record<Competitor, number>> = {};
  const costs: Partial<Record<Competitor, number>> = {};
  for (const competitor of ['ours', ...peers] as const) {
    const measurements = rounds[competitor];
    if (measurements === undefined) continue;
    rates[competitor] = median(measurements.map(rate));
    const ofCpu = measurements.flatMap(({ cpu, bytes }) => (cpu === undefined ? [] : [cpu / (bytes / 1e9)]));
    if (ofCpu.length > 0) costs[competitor] = median(ofCpu);
  }
  const ratios: Partial<Record<Peer, number>> = {};
  for (const peer of peers) {
    const ratio = ratioTo(peer, rounds);
    if (ratio !== undefined) ratios[peer] = ratio;
  }
  const { target } = measured;
  const ratio = target && ratios[target.peer];
  return {
    case: measured,
    rounds,
    rates,
    ratios,
    costs,
    isMet: target && ratio !== undefined ? ratio >= target.ratio : undefined,
  };
}

// A round's two measurements were made one after the other. Their ratio holds when the machine as a whole changes its pace
// between rounds, which the ratio of two medians, or of two bests, does not.
function ratioTo(peer: Peer, rounds: Rounds): number | undefined {
  const theirs = rounds[peer];
  if (theirs === undefined) return undefined;
  const ratios = (rounds.ours ?? []).flatMap((ours, round) => {
    const their = theirs[round];
    return their === undefined ? [] : [rate(ours) / rate(their)];
  });
  return median(ratios);
}

const rate = ({ requests, seconds }: Measurement): number => requests / seconds;

/** The middle of an odd number of values. */
function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
