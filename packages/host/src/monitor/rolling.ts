/** What came together within the last minute, in steps of five seconds. */

import type { Clock } from "@croft/core";

const STEP = 5_000;
const STEPS = 12;

/** How long {@link Rolling} looks back, in milliseconds. */
export const WINDOW: number = STEP * STEPS;

/** A sum over the last minute. */
export class Rolling {
  readonly #clock: Pick<Clock, "now">;
  readonly #sums = new Float64Array(STEPS);
  #step: number;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#step = this.#now();
  }

  add(amount: number): void {
    this.#forget();
    const at = this.#step % STEPS;
    this.#sums[at] = (this.#sums[at] ?? 0) + amount;
  }

  get sum(): number {
    this.#forget();
    return this.#sums.reduce((sum, each) => sum + each, 0);
  }

  clear(): void {
    this.#sums.fill(0);
  }

  #now(): number {
    return Math.floor(this.#clock.now() / STEP);
  }

  #forget(): void {
    const now = this.#now();
    // A clock that was put back is as good as one that stands still: nothing is counted twice.
    for (let steps = Math.min(now - this.#step, STEPS); steps > 0; steps--) {
      this.#sums[(now - steps + 1) % STEPS] = 0;
    }
    this.#step = Math.max(now, this.#step);
  }
}
