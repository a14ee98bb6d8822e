// Numbers that look random and are the same each time.

/** A source of integers from 0 up to, but not including, what it is given: minstd, a multiplier modulo a prime. */
export function numbers(seed: number): (below: number) => number {
  let state = seed * 7919 + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}
