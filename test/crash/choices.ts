/** Choices at random that a seed replays; the moments at which processes act on them it does not. */

/** See the top of this file. */
export interface Choices {
  /** A whole number from `from` to `to`, both included. */
  number(from: number, to: number): number;
  /** True once in `times`, on average. */
  once(times: number): boolean;
  pick<T>(choices: readonly [T, ...(readonly T[])]): T;
}

/** Mulberry32. */
export function createChoices(seed: number): Choices {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const number = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    number,
    once: (times) => number(1, times) === 1,
    pick: (choices) => choices[number(0, choices.length - 1)] ?? choices[0],
  };
}

/** A seed for a run that was not given one. */
export function drawSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
