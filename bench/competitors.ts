// Runs one competitor in a process of its own, so that none inherits another's heap, JIT or open connections.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Case, Competitor, Transport } from './cases.js';
import type { Measurement } from './in_flight.js';

const built = (name: string) => fileURLToPath(new URL(name, import.meta.url)); // this file runs from build/bench too

/** A program and its first arguments, and the file that it cannot do without. */
interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly needs: string | undefined;
}

function commandOf(competitor: Competitor, transport: Transport): Command {
  if (transport === 'chromium' || transport === 'worker') {
    return { argv: [process.execPath, built('chromium.mjs'), competitor], needs: process.env.CHROMIUM };
  }
  if (transport === 'proxy' || transport === 'proxy by hand') {
    const needs = competitor === 'websockify' ? process.env.WEBSOCKIFY : process.execPath;
    return { argv: [process.execPath, built('through_proxy.mjs'), competitor], needs };
  }
  const scripts: Partial<Record<Competitor, string>> = {
    ours: built('ours.mjs'),
    floor: built('floor.mjs'),
    vates: built('vates/vates.mjs'),
  };
  const script = scripts[competitor];
  if (script !== undefined) return { argv: [process.execPath, script], needs: script };
  const program = competitor === 'native' ? built('native') : built('../../bench/peers/nbdcopy.sh');
  return { argv: competitor === 'native' ? [program] : ['/bin/sh', program], needs: program };
}

/** Whether a competitor was set up; @vates/nbd-client is left out where npm cannot get it. */
export function isInstalled(competitor: Competitor, transport: Transport): boolean {
  const { needs } = commandOf(competitor, transport);
  return needs !== undefined && existsSync(needs);
}

export async function run(
  competitor: Competitor,
  { transport, operation, size, inFlight }: Case,
  address: string,
  seconds: number,
  warmUp: number,
  nodeOptions: readonly string[] = [],
): Promise<Measurement> {
  const [program, ...args] = commandOf(competitor, transport).argv;
  const job = [transport, address, operation, size, inFlight, seconds, warmUp].map(String);
  const timeout = (seconds + warmUp) * 1000 + 60_000;
  const { stdout } = await promisify(execFile)(program, [...nodeOptions, ...args, ...job], { timeout });
  return JSON.parse(stdout) as Measurement;
}
