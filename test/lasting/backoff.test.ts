// The delays between attempts to connect.
import { expect, test } from 'vitest';
import { Backoff } from '../../dist/lasting/backoff.js';

const delays = (random: number) => {
  const backoff = new Backoff(9, 10_000, { random: () => random });
  return Array.from({ length: 10 }, () => backoff.next());
};

test('each is twice the one before, up to the longest', () => {
  expect(delays(1)).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, undefined]);
});

test('chance shortens each, to half at most', () => {
  expect(delays(0)).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, undefined]);
});

test('after an answer they begin anew', () => {
  const backoff = new Backoff(2, 10_000, { random: () => 1 });
  expect([backoff.next(), backoff.next(), backoff.next()]).toEqual([100, 200, undefined]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});
