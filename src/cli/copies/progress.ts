// Tells how far a copy, a comparison or a checksum has come: a line on the terminal, or lines for a program.
import { fstatSync, writeSync } from 'node:fs';
import type { Progress } from '../../node.js';
import { isUpstream } from '../called.js';
import { flag, optional } from '../command.js';
import { count, UsageError } from '../usage.js';

export const progressOptions = {
  progress: optional(
    'FD',
    `shows how far it has come${isUpstream ? '' : ', as it does by itself on a terminal'}; with =FD, lines N/100 to that file descriptor`,
    { short: 'p' },
  ),
  'no-progress': flag('shows nothing of it'),
} as const;

interface Values {
  readonly progress: string | true | undefined;
  readonly 'no-progress': boolean;
}

export interface ProgressView {
  /** Undefined where nobody wants to know. */
  readonly update: ((progress: Progress) => void) | undefined;
  /** Makes room for another line. */
  clear(): void;
  /** All is done. */
  finish(): void;
}

/** Under our own name a terminal has it without being asked. */
export function progressView({ progress, 'no-progress': isUnwanted }: Values): ProgressView {
  if (typeof progress === 'string') return new Lines(descriptor(progress));
  const isWanted = progress === true || (!isUpstream && process.stderr.isTTY === true);
  return isWanted && !isUnwanted ? new Bar() : { update: undefined, clear() {}, finish() {} };
}

/** Node has descriptors of its own, which a program that was promised one would write into. */
function descriptor(text: string): number {
  const fd = count('progress', text) ?? 0;
  try {
    const stats = fstatSync(fd);
    if (stats.isFile() || stats.isFIFO() || stats.isCharacterDevice() || stats.isSocket()) return fd;
  } catch {
    // there is none: the error below says so
  }
  throw new UsageError(`--progress=${fd}: the file descriptor ${fd} is not open: ${fd}>FILE opens it`);
}

const fractionOf = ({ bytes, total }: Progress): number =>
  total === undefined || total === 0n ? 0 : Math.min(1, Number((bytes * 10_000n) / total) / 10_000);

/** `N/100`, as nbdcopy writes it: from 0 to 100, each once. */
class Lines implements ProgressView {
  readonly #fd: number;
  #last = -1;

  constructor(fd: number) {
    this.#fd = fd;
    this.#tell(0);
  }

  // The whole is told when all is done and closed, not before.
  readonly update = (progress: Progress): void => this.#tell(Math.min(99, Math.floor(100 * fractionOf(progress))));

  clear(): void {}

  finish(): void {
    this.#tell(100);
  }

  #tell(percent: number): void {
    if (percent <= this.#last) return;
    this.#last = percent;
    try {
      writeSync(this.#fd, `${percent}/100\n`);
    } catch {
      // whoever wanted to know has left, or is slow: the work goes on
    }
  }
}

const barWidth = 30;

/** One line, written again and again. */
class Bar implements ProgressView {
  #shown = 0;
  #last: Progress | undefined;

  readonly update = (progress: Progress): void => {
    this.#last = progress;
    this.#show(lineOf(progress, fractionOf(progress)));
  };

  clear(): void {
    if (this.#shown > 0) process.stderr.write(`\r${' '.repeat(this.#shown)}\r`);
    this.#shown = 0;
  }

  finish(): void {
    this.#show(this.#last === undefined ? barOf(1) : lineOf({ ...this.#last, total: this.#last.bytes }, 1));
    process.stderr.write('\n');
    this.#shown = 0;
  }

  /** In the width of the terminal, without its last column: there a terminal would begin another line. */
  #show(text: string): void {
    const line = text.slice(0, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(`\r${line.padEnd(this.#shown)}`);
    this.#shown = line.length;
  }
}

function lineOf({ phase, bytes, total, rate }: Progress, fraction: number): string {
  const name = phase === 'verify' ? 'verify ' : '';
  const speed = rate > 0 ? `, ${inBinaryUnits(rate)}/s` : '';
  if (total === undefined) return `${name}${inBinaryUnits(Number(bytes))}${speed}`;
  const left = fraction < 1 && rate > 0 ? `, ${clock(Number(total - bytes) / rate)} left` : '';
  return `${name}${barOf(fraction)} ${inBinaryUnits(Number(bytes))}${speed}${left}`;
}

function barOf(fraction: number): string {
  const done = Math.floor(barWidth * fraction);
  return `${String(Math.floor(100 * fraction)).padStart(3)}% [${'#'.repeat(done)}${'.'.repeat(barWidth - done)}]`;
}

/** 1610612736 → `1.5 GiB`. */
export function inBinaryUnits(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let [value, unit] = [bytes, 0];
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Seconds as `1:02:03` or `2:03`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
