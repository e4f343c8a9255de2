/** Waiting for a state, with an end: what does not come in time is a finding, and says what it was. */

import { setTimeout as delay } from "node:timers/promises";

/** How long anything may take, in milliseconds. Far above what it does take on a loaded machine. */
const PATIENCE = 30_000;

/** Resolves when `holds`; rejects with what `describe` says when that takes too long. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  describe: () => string,
): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`After ${PATIENCE / 1000} s: ${describe()}`);
    await delay(5);
  }
}

/** The promise, or a rejection with what `describe` says when it takes too long. */
export async function within<T>(promise: Promise<T>, describe: () => string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`After ${PATIENCE / 1000} s: ${describe()}`)),
    PATIENCE,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
