/** How long to wait before the next attempt: exponential, with full jitter. */

import type { RandomBytes } from "../ids.ts";

/** Bounds of the waits. */
export interface BackOffOptions {
  /** Upper bound of the first wait, in milliseconds. Default 500. */
  readonly first?: number;
  /** Upper bound of any wait, in milliseconds. Default 30,000. */
  readonly max?: number;
}

/**
 * The wait before attempt `attempt` (1 is the first retry), in milliseconds: uniform between half
 * of the bound and the bound, so that a thousand clients do not come back in the same moment and
 * none comes back at once.
 */
export function backOff(
  attempt: number,
  random: RandomBytes,
  options: BackOffOptions = {},
): number {
  const { first = 500, max = 30_000 } = options;
  const bound = Math.min(max, first * 2 ** Math.min(20, attempt - 1));
  const [high = 0, low = 0] = random(2);
  return Math.round(bound / 2 + (bound / 2) * ((high * 256 + low) / 65_536));
}
