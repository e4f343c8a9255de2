/** What needs the server, if there is one: done while it is there, and given up when it goes. */

import { CroftError, type DocumentHandle, type Workspace } from "@croft/core";

/** The server, or the device itself where there is none. */
export interface Reached {
  /** Aborted when it is gone. */
  readonly signal: AbortSignal;
  /** Resolves when all that is known of a document is in it. */
  caughtUp(handle: DocumentHandle): Promise<void>;
  /** Resolves when what was written is as safe as it gets. */
  saved(handle: DocumentHandle): Promise<void>;
}

/**
 * Runs `work` with the server.
 *
 * @throws CroftError `link/offline` when it is not there, or goes meanwhile; what `work` throws.
 */
export async function reachServer<T>(
  { sync }: Pick<Workspace, "sync">,
  stop: AbortSignal,
  work: (reached: Reached) => Promise<T>,
): Promise<T> {
  if (sync.state.name === "none") {
    return work({
      signal: stop,
      caughtUp: (handle) => handle.ready,
      saved: (handle) => handle.saved("device"),
    });
  }
  const gone = new AbortController();
  const check = (): void => {
    if (sync.state.name !== "online") gone.abort(offline());
  };
  const unsubscribe = sync.onState(check);
  try {
    check();
    const signal = AbortSignal.any([stop, gone.signal]);
    signal.throwIfAborted();
    return await work({
      signal,
      async caughtUp(handle) {
        await handle.ready;
        await handle.caughtUp({ signal });
      },
      saved: (handle) => handle.saved("server", { signal }),
    });
  } finally {
    unsubscribe();
  }
}

function offline(): CroftError {
  return new CroftError("link/offline", "The server cannot be reached.", {
    hint: "It is done when the network is back.",
  });
}
