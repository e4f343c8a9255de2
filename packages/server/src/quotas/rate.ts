/** A rate with a burst: so much a second, and what was not used of some seconds at once. Something large may take it below zero. */

/** See the top of this file. */
export class Rate {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #at: number;

  constructor(perSecond: number, burstSeconds: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = perSecond * burstSeconds;
    this.#left = this.#burst;
    this.#at = now;
  }

  /** How many milliseconds until something may be taken; 0 for now. */
  waitAt(now: number): number {
    this.#refill(now);
    return this.#left > 0 ? 0 : Math.ceil(((1 - this.#left) / this.#perSecond) * 1000);
  }

  /** Takes it, however much there is. */
  take(amount: number): void {
    this.#left -= amount;
  }

  /** Whether nothing of the burst is used: it need not be remembered. */
  isFullAt(now: number): boolean {
    this.#refill(now);
    return this.#left >= this.#burst;
  }

  #refill(now: number): void {
    // The platform's clock may be set back.
    const seconds = Math.max(0, now - this.#at) / 1000;
    this.#at = now;
    this.#left = Math.min(this.#burst, this.#left + seconds * this.#perSecond);
  }
}
