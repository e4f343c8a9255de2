/** How much a session may publish: so many events and bytes a second, and a burst of a few seconds' worth. Pure but for the clock. */

import type { Clock } from "../clock.ts";

/** Events a second, and at once. */
const EVENTS = { perSecond: 50, burst: 200 };
/** Bytes a second, and at once. */
const BYTES = { perSecond: 256 * 1024, burst: 1024 * 1024 };

/** See the top of this file. */
export class EventBudget {
  readonly #clock: Pick<Clock, "now">;
  #at: number;
  #events = EVENTS.burst;
  #bytes = BYTES.burst;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#at = clock.now();
  }

  /** Whether an event of so many bytes is within the budget; takes it from there if it is. */
  take(bytes: number): boolean {
    const now = this.#clock.now();
    // The platform's clock may be set back.
    const seconds = Math.max(0, now - this.#at) / 1000;
    this.#at = now;
    this.#events = Math.min(EVENTS.burst, this.#events + seconds * EVENTS.perSecond);
    this.#bytes = Math.min(BYTES.burst, this.#bytes + seconds * BYTES.perSecond);
    if (this.#events < 1 || this.#bytes < bytes) return false;
    this.#events--;
    this.#bytes -= bytes;
    return true;
  }
}
