/** How the workspace is: the link to the server, and what is wrong with this device's store. */

import type { CroftError, QuarantineRecord, SyncState, Workspace } from "@croft/core";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useWorkspace } from "./workspace.tsx";

/** The link to the server, and how to go offline and back. */
export interface SyncStatus {
  readonly state: SyncState;
  /** What is wrong with the store of this device, if something is. */
  readonly problem: CroftError | undefined;
  /** Goes offline on purpose, and stays so. */
  readonly pause: () => void;
  /** Ends `pause`. */
  readonly resume: () => void;
  /** Tries again at once. */
  readonly retry: () => void;
}

/**
 * How the link to the server is.
 *
 * @example
 * ```tsx
 * function Connection() {
 *   const { state, pause, resume } = useSyncStatus();
 *   const paused = state.name === "paused";
 *   return <button onClick={paused ? resume : pause}>{paused ? "Go online" : "Work offline"}</button>;
 * }
 * ```
 */
export function useSyncStatus(): SyncStatus {
  const workspace = useWorkspace();
  const known = useMemo(() => stateOf(workspace), [workspace]);
  const state = useSyncExternalStore(known.subscribe, known.read, known.read);
  const subscribe = useCallback(
    (listener: () => void) => workspace.onProblem(listener),
    [workspace],
  );
  const readProblem = (): CroftError | undefined => workspace.problem;
  const problem = useSyncExternalStore(subscribe, readProblem, readProblem);
  return useMemo(() => {
    const { sync } = workspace;
    return {
      state,
      problem,
      pause: () => sync.pause(),
      resume: () => sync.resume(),
      retry: () => sync.retry(),
    };
  }, [workspace, state, problem]);
}

/** `sync.state` may be a new object each time; React wants the same one until something changed. */
function stateOf({ sync }: Workspace): {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => SyncState;
} {
  let known: SyncState | undefined;
  return {
    subscribe(listener) {
      known = undefined;
      return sync.onState(() => {
        known = undefined;
        listener();
      });
    },
    read: () => (known ??= sync.state),
  };
}

interface Kept {
  records: readonly QuarantineRecord[];
  readonly subscribe: (listener: () => void) => () => void;
}

const NONE: readonly QuarantineRecord[] = [];
const kept = new WeakMap<Workspace, Kept>();

/** The edits that were refused and are kept on this device, oldest first; empty until they were read. */
export function useQuarantine(): readonly QuarantineRecord[] {
  const workspace = useWorkspace();
  const quarantine = keptOf(workspace);
  return useSyncExternalStore(
    quarantine.subscribe,
    () => quarantine.records,
    () => NONE,
  );
}

/** One list for all components, read again when something came or went. */
function keptOf(workspace: Workspace): Kept {
  const known = kept.get(workspace);
  if (known) return known;
  const listeners = new Set<() => void>();
  let stop: () => void = () => undefined;
  const look = (): void => {
    workspace.quarantine.list().then(
      (records) => {
        made.records = records;
        for (const listener of listeners) listener();
      },
      // The trouble of the store is told as `problem`; what was read last stays.
      () => undefined,
    );
  };
  const made: Kept = {
    records: NONE,
    subscribe(listener) {
      if (listeners.size === 0) {
        stop = workspace.quarantine.onChange(look);
        look();
      }
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
  };
  kept.set(workspace, made);
  return made;
}
