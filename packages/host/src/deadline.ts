/** Waiting for code of a plugin, but not for ever. */

import type { Clock } from "@croft/core";
import { onAborted } from "./abort.ts";

/** What became of a call into a plugin. */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "threw"; readonly error: unknown }
  /** It was not called: something that it needs of the host is not there. */
  | { readonly kind: "prevented"; readonly error: unknown }
  /** It died meanwhile. */
  | { readonly kind: "crashed"; readonly error: unknown }
  /** It has not come back in time; it may still be running. */
  | { readonly kind: "late" }
  /** The wait was given up. */
  | { readonly kind: "aborted" };

/** A point in time that several waits share. */
export interface Deadline {
  readonly passed: Promise<Outcome>;
  readonly over: boolean;
  /** Stops the timer. */
  cancel(): void;
}

/** Starts a {@link Deadline} of `ms` milliseconds. */
export function startDeadline(clock: Pick<Clock, "delay">, ms: number): Deadline {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  let over = false;
  const cancel = clock.delay(ms, () => {
    over = true;
    resolve({ kind: "late" });
  });
  return {
    passed: promise,
    get over() {
      return over;
    },
    cancel,
  };
}

/** The same point in time, for somebody who may wait but not stop the timer. */
export function sharedDeadline(deadline: Deadline): Deadline {
  return {
    passed: deadline.passed,
    get over() {
      return deadline.over;
    },
    cancel: () => undefined,
  };
}

/** Calls `run` at once; the promise never rejects. */
export async function outcomeOf(run: () => void | Promise<void>): Promise<Outcome> {
  try {
    await run();
    return { kind: "done" };
  } catch (error) {
    return { kind: "threw", error };
  }
}

/** Resolves when `signal` is aborted, which it is sooner or later: it listens until then. */
export function abortOf(signal: AbortSignal): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  onAborted(signal, () => resolve({ kind: "aborted" }));
  return promise;
}
