// Integers that a user gave: offsets, lengths, counts. Each call checks them here, and so refuses them in the same words.
import { describe } from './describe.js';

export const uint64Max = 2n ** 64n - 1n;

export function wrongType(call: string, name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${call}: ${name} must be ${expected}, not ${describe(value)}`);
}

export function outOfRange(call: string, name: string, range: string, value: unknown): RangeError {
  return new RangeError(`${call}: ${name} must be ${range}, not ${describe(value)}`);
}

/** An integer from `min` to `max`, which a number holds exactly. */
export function integer(call: string, name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') throw wrongType(call, name, 'a number', value);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw outOfRange(call, name, `an integer from ${min} to ${max}`, value);
  }
  return value;
}

/** An integer from `min` to `max`, as a bigint or as a number that is exact. */
export function bigInteger(call: string, name: string, value: unknown, min: bigint, max: bigint): bigint {
  if (typeof value === 'bigint') {
    if (value < min || value > max) throw outOfRange(call, name, `an integer from ${min} to ${max}`, value);
    return value;
  }
  if (typeof value !== 'number') throw wrongType(call, name, 'a number or a bigint', value);
  if (!Number.isSafeInteger(value) || value < min) {
    throw outOfRange(call, name, `an integer from ${min} that a number holds exactly, or a bigint`, value);
  }
  return BigInt(value);
}
