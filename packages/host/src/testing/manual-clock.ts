/** A clock that is moved by hand, over the platform's turns. */

import { type Clock, systemClock } from "@croft/core";
import { LOOK_EVERY } from "../monitor/monitor.ts";
import { settle } from "./settle.ts";

export interface ManualClock extends Clock {
  /** What is waited for, in milliseconds. */
  readonly waits: readonly number[];
  /** Moves the time, and no more. */
  advance(ms: number): void;
  /** Lets the next wait end, and everything happen that follows. */
  pass(): Promise<void>;
}

export function createManualClock(): ManualClock {
  let now = 1_000_000;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    now: () => now,
    soon: (run) => systemClock.soon(run),
    delay(ms, run) {
      // The monitor looks now and then; it is not what is tested here.
      if (ms === LOOK_EVERY) return () => undefined;
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      now += ms;
    },
    async pass() {
      await settle();
      const [first] = [...timers].toSorted((a, b) => a.at - b.at);
      if (first) {
        timers.delete(first);
        now = Math.max(now, first.at);
        first.run();
      }
      await settle();
    },
    get waits() {
      return [...timers].map(({ at }) => at - now);
    },
  };
}
