/** How the link to the server is, and what is wrong with this device's store. */

import type { CroftError, SyncState, Workspace } from "@croft/core";
import { useCallback, useRef, useSyncExternalStore } from "react";

/** The state of the link. */
export function useSyncState({ sync }: Workspace): SyncState {
  // `sync.state` may be a new object each time; React wants the same one until something changed.
  const known = useRef<SyncState>(undefined);
  const subscribe = useCallback(
    (listener: () => void) => {
      const onState = () => {
        known.current = undefined;
        listener();
      };
      known.current = undefined;
      return sync.onState(onState);
    },
    [sync],
  );
  return useSyncExternalStore(subscribe, () => (known.current ??= sync.state));
}

/** What is wrong with the store of this device, if something is. */
export function useProblem(workspace: Workspace): CroftError | undefined {
  const subscribe = useCallback(
    (listener: () => void) => workspace.onProblem(listener),
    [workspace],
  );
  return useSyncExternalStore(subscribe, () => workspace.problem);
}
