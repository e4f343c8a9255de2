/**
 * A process of the simulation: its own clock, which may be wrong, and its own random numbers. All
 * that reaches code in a process goes through it, so that the process can freeze and die.
 */

import type { Clock } from "../../clock.ts";
import type { RandomBytes } from "../../ids.ts";
import type { Dice } from "../random-edits.ts";
import type { Cancel, VirtualTime } from "./virtual-time.ts";

/** Options of {@link SimProcess}. */
export interface SimProcessOptions {
  readonly time: VirtualTime;
  readonly dice: Dice;
  /** Milliseconds by which this clock is ahead. */
  readonly offset: number;
  /** How fast this clock runs; 1 is right. */
  readonly rate: number;
  /** Draws client ids from so few that they collide; 0 for all of them. */
  readonly clientIds: number;
}

/** See the top of this file. */
export class SimProcess {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly #time: VirtualTime;
  #alive = true;
  /** What fell due while the process was frozen. */
  #frozen: (() => void)[] | undefined;

  constructor({ time, dice, offset, rate, clientIds }: SimProcessOptions) {
    this.#time = time;
    this.clock = {
      now: () => Math.round(time.now + offset),
      delay: (ms, run) => this.later(ms / rate, run),
      soon: (run) => void this.later(0, run),
    };
    this.random = (length) => {
      // Four bytes are a client id.
      if (length === 4 && clientIds > 0) return new Uint8Array([0, 0, 0, 1 + dice(clientIds)]);
      return Uint8Array.from({ length }, () => dice(256));
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  get frozen(): boolean {
    return this.#frozen !== undefined;
  }

  /** Whether code in it runs now. */
  get runs(): boolean {
    return this.#alive && !this.#frozen;
  }

  /** Calls `run` in this process after `ms` milliseconds. */
  later(ms: number, run: () => void): Cancel {
    let cancelled = false;
    const due = (): void => {
      if (cancelled || !this.#alive) return;
      if (this.#frozen) this.#frozen.push(due);
      else run();
    };
    const cancel = this.#time.schedule(ms, due);
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Resolves after `ms` milliseconds, never if the process dies. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.later(ms, resolve));
  }

  freeze(): void {
    this.#frozen ??= [];
  }

  thaw(): void {
    const due = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const run of due) this.later(0, run);
  }

  /** The process dies: nothing in it runs any more. */
  kill(): void {
    this.#alive = false;
    this.#frozen = undefined;
  }
}
