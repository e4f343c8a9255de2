/**
 * Time as an option: everything in core that waits or looks at the time does it through a
 * {@link Clock}, so that tests and the simulation can run on virtual time.
 */

/** Source of time and of delayed calls. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number;
  /** Calls `run` once after `ms` milliseconds; the returned function cancels. */
  delay(ms: number, run: () => void): () => void;
  /**
   * Calls `run` after what has already arrived was handled, as soon as possible. What a hub
   * collects until then is one transaction.
   */
  soon(run: () => void): void;
}

/** The platform's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  delay(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  soon: createSoon(),
};

function createSoon(): (run: () => void) => void {
  // Node: after the poll phase, so that messages of all sockets read in one turn of the event
  // loop share one transaction. Elsewhere a microtask: the hub batches while a commit runs.
  const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => unknown };
  if (setImmediate) return (run) => void setImmediate(run);
  return (run) => queueMicrotask(run);
}
