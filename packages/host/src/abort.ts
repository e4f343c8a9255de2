/** Waiting with a signal that ends the wait. However it ends, no listener stays behind: a signal may outlive very many waits. */

import type { Clock, Unsubscribe } from "@croft/core";

/** Calls `listener` when `signal` is aborted, at once if it is already; not any more once the returned function was called. */
export function onAborted(signal: AbortSignal, listener: () => void): Unsubscribe {
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** Settles as `promise` does, but resolves without it as soon as `signal` is aborted. */
export async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const stop = onAborted(signal, resolve);
  try {
    await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}

/** Rejects with the signal's reason as soon as it is aborted, whatever `promise` does, which may not heed it. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = onAborted(signal, () => reject(signal.reason));
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}

/** Resolves after `ms` milliseconds, or as soon as `signal` is aborted. */
export async function delayUnlessAborted(
  clock: Pick<Clock, "delay">,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const { promise: passed, resolve } = Promise.withResolvers<void>();
  const cancel = clock.delay(ms, resolve);
  try {
    await untilAborted(passed, signal);
  } finally {
    cancel();
  }
}
