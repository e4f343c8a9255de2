/** Sends sessions away over some time, so that they do not all come to the next server at once. */

import type { Clock } from "@croft/core";

/** A session that can be sent away. */
export interface Drained {
  /** Tells the peer to come back later, to whichever server it finds then. */
  sendAway(): void;
  /** Resolves when it is over. */
  readonly done: Promise<void>;
}

/** So often are sessions sent away, in milliseconds. */
const STEP = 20;

/**
 * Sends the sessions that there are away, spread evenly over `time` milliseconds, in an order that nobody chose. Resolves when the last
 * is over, which may be before that time when they end by themselves.
 */
export async function drain(
  sessions: readonly Drained[],
  time: number,
  clock: Clock,
): Promise<void> {
  const waiting = new Set(shuffled(sessions));
  for (const session of waiting) void session.done.then(() => waiting.delete(session));
  const begun = clock.now();
  while (waiting.size > 0) {
    const passed = time > 0 ? (clock.now() - begun) / time : 1;
    // How many are to be left by now.
    const rest = Math.max(0, Math.ceil(sessions.length * (1 - passed)));
    for (const session of [...waiting].slice(0, Math.max(0, waiting.size - rest))) {
      waiting.delete(session);
      session.sendAway();
    }
    if (waiting.size > 0) await new Promise<void>((resolve) => void clock.delay(STEP, resolve));
  }
  await Promise.all(sessions.map(({ done }) => done));
}

function shuffled<T>(all: readonly T[]): readonly T[] {
  return all
    .map((each) => ({ each, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ each }) => each);
}
