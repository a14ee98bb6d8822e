// Runs one competitor in a process of its own, so that none inherits another's heap, JIT or open connections.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Case, Competitor } from './cases.js';

/** What a competitor prints. */
export interface Measurement {
  readonly bytes: number;
  readonly requests: number;
  readonly seconds: number;
}

const built = (name: string) => fileURLToPath(new URL(name, import.meta.url)); // this file runs from build/bench too
const commands: Record<Competitor, readonly [string, ...string[]]> = {
  ours: [process.execPath, built('ours.mjs')],
  native: [built('native')],
  vates: [process.execPath, built('vates/vates.mjs')],
  nbdcopy: ['/bin/sh', built('../../bench/nbdcopy.sh')],
};

/** Whether a competitor was set up; @vates/nbd-client is left out where npm cannot get it. */
export function isInstalled(competitor: Competitor): boolean {
  return commands[competitor].slice(-1).every(existsSync);
}

export async function run(
  competitor: Competitor,
  { transport, operation, size, inFlight }: Case,
  address: string,
  seconds: number,
  warmUp: number,
): Promise<Measurement> {
  const [program, ...args] = commands[competitor];
  const job = [transport, address, operation, size, inFlight, seconds, warmUp].map(String);
  const timeout = (seconds + warmUp) * 1000 + 60_000;
  const { stdout } = await promisify(execFile)(program, [...args, ...job], { timeout });
  return JSON.parse(stdout) as Measurement;
}
