/** How often a plugin may do something: so many times at once, and no more than that in a while. */

import type { Clock } from "@croft/core";

/** Lets through `count` uses in `ms` milliseconds; what was used comes back little by little. */
export class Rate {
  readonly #clock: Pick<Clock, "now">;
  readonly #count: number;
  readonly #ms: number;
  #left: number;
  #at: number;

  constructor(clock: Pick<Clock, "now">, count: number, ms: number) {
    this.#clock = clock;
    this.#count = count;
    this.#ms = ms;
    this.#left = count;
    this.#at = clock.now();
  }

  /** Whether it may be done once more. */
  take(): boolean {
    const now = this.#clock.now();
    // Clocks are set back, too.
    const passed = Math.max(0, now - this.#at);
    this.#at = now;
    this.#left = Math.min(this.#count, this.#left + (passed * this.#count) / this.#ms);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** Keeps one value for each plugin, made when it is needed. */
export class PerPlugin<T> {
  readonly #make: () => T;
  readonly #values = new Map<string, T>();

  constructor(make: () => T) {
    this.#make = make;
  }

  get(plugin: string): T {
    let value = this.#values.get(plugin);
    if (value === undefined) this.#values.set(plugin, (value = this.#make()));
    return value;
  }

  delete(plugin: string): void {
    this.#values.delete(plugin);
  }
}
