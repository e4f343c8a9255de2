/** A clock that runs like the platform's, and can be put forward. */

import { type Clock, systemClock } from "@croft/core";

/** See {@link createTestClock}. */
export interface TestClock extends Clock {
  /** Puts the clock forward; what is due by then runs at once, in order. */
  advance(ms: number): void;
}

interface Wait {
  readonly due: number;
  readonly run: () => void;
  cancel: () => void;
}

/** Creates a {@link TestClock}. */
export function createTestClock(): TestClock {
  let ahead = 0;
  const waits = new Set<Wait>();
  const now = (): number => systemClock.now() + ahead;
  const start = (wait: Wait): void => {
    wait.cancel = systemClock.delay(Math.max(0, wait.due - now()), () => {
      waits.delete(wait);
      wait.run();
    });
  };
  return {
    now,
    soon: (run) => systemClock.soon(run),
    delay(ms, run) {
      const wait: Wait = { due: now() + ms, run, cancel: () => undefined };
      waits.add(wait);
      start(wait);
      return () => {
        waits.delete(wait);
        wait.cancel();
      };
    },
    advance(ms) {
      ahead += ms;
      for (const wait of waits) wait.cancel();
      const due = [...waits].filter((wait) => wait.due <= now());
      for (const wait of due.toSorted((a, b) => a.due - b.due)) {
        // One that ran before may have ended it.
        if (waits.delete(wait)) wait.run();
      }
      for (const wait of waits) {
        wait.cancel();
        start(wait);
      }
    },
  };
}
