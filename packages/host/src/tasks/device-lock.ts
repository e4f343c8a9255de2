/**
 * Locks that one holder on this device has at a time: among its tabs Web Locks, which end with the tab; else, where the
 * device is this process's alone, a queue in memory.
 */

import { unlessAborted } from "../abort.ts";

/** Gives locks by name. */
export interface DeviceLocks {
  /**
   * Waits for the lock, then holds it until what `held` returned is settled.
   *
   * @returns Resolves when the lock was given back, or never had. Rejects when `signal` was aborted before it was had.
   */
  hold(name: string, signal: AbortSignal, held: () => Promise<void>): Promise<void>;
}

/** Creates the locks of a device; `sharedAs` is the name that its tabs share, if it has any. */
export function createDeviceLocks(sharedAs: string | undefined): DeviceLocks {
  if (sharedAs === undefined) return createLocalLocks();
  return {
    hold: async (name, signal, held) => {
      await navigator.locks.request(`croft/${sharedAs}/task/${name}`, { signal }, held);
    },
  };
}

function createLocalLocks(): DeviceLocks {
  const last = new Map<string, Promise<void>>();
  return {
    async hold(name, signal, held) {
      const before = last.get(name) ?? Promise.resolve();
      const turn = Promise.withResolvers<void>();
      const mine = before.then(() => turn.promise);
      last.set(name, mine);
      try {
        await unlessAborted(before, signal);
        signal.throwIfAborted();
        await held();
      } finally {
        turn.resolve();
        if (last.get(name) === mine) last.delete(name);
      }
    },
  };
}
