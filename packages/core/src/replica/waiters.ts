/** Promises that settle when changes have become safe, or when they were refused. */

import { CroftError } from "../errors.ts";

/** Somebody waits until the first `made` changes are safe. */
interface Waiter {
  readonly made: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The waiters for one level. */
export interface Waiters {
  /** Resolves when `reached` was called with `made` or more. */
  wait(made: number, signal: AbortSignal | undefined): Promise<void>;
  /** The first `made` changes are safe. */
  reached(made: number): void;
  /** Rejects whoever waits. */
  fail(error: CroftError): void;
}

/** Creates {@link Waiters}; `now` tells how many changes are safe already. */
export function createWaiters(now: () => number): Waiters {
  let waiters: readonly Waiter[] = [];
  return {
    wait(made, signal) {
      if (signal?.aborted) return Promise.reject(abortReason(signal));
      if (now() >= made) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const abort = (): void => {
          waiters = waiters.filter((other) => other !== waiter);
          reject(abortReason(signal));
        };
        const waiter: Waiter = {
          made,
          resolve: () => {
            signal?.removeEventListener("abort", abort);
            resolve();
          },
          reject: (error) => {
            signal?.removeEventListener("abort", abort);
            reject(error);
          },
        };
        signal?.addEventListener("abort", abort, { once: true });
        waiters = [...waiters, waiter];
      });
    },
    reached(made) {
      const done = waiters.filter((waiter) => waiter.made <= made);
      if (done.length === 0) return;
      waiters = waiters.filter((waiter) => waiter.made > made);
      for (const waiter of done) waiter.resolve();
    },
    fail(error) {
      const failed = waiters;
      waiters = [];
      for (const waiter of failed) waiter.reject(error);
    },
  };
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new CroftError("disposed", "The wait was given up.");
}
