/** One timer for several times: it rings at the first of them. */

import type { Clock } from "@croft/core";

/** The longest that timers can wait, about: 20 days, in milliseconds. */
const LONGEST = 20 * 86_400_000;

/** See the top of this file. */
export class WakeUp {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at a time, in milliseconds since 1970, or sooner; at none if it is infinite. */
  at(time: number): void {
    if (time >= this.#at) return;
    this.#cancel();
    this.#at = time;
    const wait = Math.min(Math.max(0, time - this.#clock.now()), LONGEST);
    this.#cancel = this.#clock.delay(wait, () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#ring();
    });
  }

  cancel(): void {
    this.#cancel();
    this.#at = Number.POSITIVE_INFINITY;
  }
}
