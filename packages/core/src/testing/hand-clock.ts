/** A clock whose waits end when a test says so. */

import { type Clock, systemClock } from "../clock.ts";

/** A {@link Clock} with its waits. */
export interface HandClock extends Clock {
  /** What is waited for, in milliseconds, in the order of asking. */
  readonly waits: readonly number[];
  /** Ends all waits that there are. */
  pass(): void;
}

/** Creates a {@link HandClock}. */
export function createHandClock(): HandClock {
  const waiting = new Set<{ readonly ms: number; readonly run: () => void }>();
  return {
    ...systemClock,
    delay(ms, run) {
      const wait = { ms, run };
      waiting.add(wait);
      return () => void waiting.delete(wait);
    },
    get waits() {
      return [...waiting].map(({ ms }) => ms);
    },
    pass() {
      const due = [...waiting];
      waiting.clear();
      for (const { run } of due) run();
    },
  };
}
