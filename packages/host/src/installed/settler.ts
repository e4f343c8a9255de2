/** Settles something whenever it is asked to: one run at a time, and nobody who asked is told that it is done by a run that began before. */

/** See the top of this file. */
export interface Settler {
  /** Resolves, or rejects, as a run does that begins after the call. All who ask before it begins share it. */
  settle(): Promise<void>;
  /** Resolves when nothing runs, and nothing is to run; does not reject. */
  idle(): Promise<void>;
}

/** Creates a {@link Settler} of what settles it once. */
export function createSettler(run: () => Promise<void>): Settler {
  /** Resolves when the last run that was asked for is over. */
  let last: Promise<void> = Promise.resolve();
  /** Of the run that did not begin yet. */
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    next = undefined;
    return run();
  };
  return {
    settle() {
      if (next) return next;
      next = last.then(begin);
      // Whoever asked hears of what failed.
      last = next.catch(() => undefined);
      return next;
    },
    async idle() {
      let seen: Promise<void> | undefined;
      while (seen !== last) {
        seen = last;
        await seen;
      }
    },
  };
}
