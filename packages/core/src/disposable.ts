/** What starts can be stopped: the small vocabulary for it. */

import type { Unsubscribe } from "./emitter.ts";

/** Something that holds timers, sockets or listeners until it is disposed. */
export interface Disposable {
  /** Stops, waits for what is under way, and frees. Idempotent. */
  dispose(): Promise<void>;
}

/** Collects undo steps and runs them once, last first. */
export interface DisposableStack {
  /** Adds a step; runs it at once if the stack is already disposed. */
  add(step: Unsubscribe): void;
  /** Runs all steps, last added first. Idempotent. */
  dispose(): void;
  /** Whether {@link DisposableStack.dispose} was called. */
  readonly disposed: boolean;
}

/** Creates a {@link DisposableStack}. */
export function createDisposableStack(): DisposableStack {
  const steps: Unsubscribe[] = [];
  let disposed = false;
  return {
    add(step) {
      if (disposed) step();
      else steps.push(step);
    },
    dispose() {
      disposed = true;
      for (let step = steps.pop(); step; step = steps.pop()) step();
    },
    get disposed() {
      return disposed;
    },
  };
}
