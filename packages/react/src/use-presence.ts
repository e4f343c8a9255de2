/** Who else is at a document. */

import type { DocumentHandle } from "@croft/core";
import { useEffect, useMemo, useSyncExternalStore } from "react";

/** Somebody at a document. */
export interface Present<State> {
  /** Of this window or process of theirs. */
  readonly id: number;
  /** Who it is, as the hub vouches: `user`, or `user/plugin`. */
  readonly principal: string | undefined;
  /** What they show, as their program sent it: check it. */
  readonly state: Partial<State>;
}

/**
 * Shows `state` (a name, a colour, a cursor: what JSON can hold) to the others at a document while the component
 * is there, and returns the others. Fields that others set, such as an editor's cursor, stay.
 *
 * @example
 * ```tsx
 * function People({ page }: { page: DocumentHandle }) {
 *   const others = usePresence(page, { name: "Ada" });
 *   return <p>{others.map(({ state }) => state.name ?? "Somebody").join(", ")}</p>;
 * }
 * ```
 */
export function usePresence<State extends object>(
  document: DocumentHandle,
  state: State,
): readonly Present<State>[] {
  const text = JSON.stringify(state);
  useEffect(() => {
    const { awareness } = document;
    const fields = JSON.parse(text) as Record<string, unknown>;
    awareness.setLocalState({ ...awareness.getLocalState(), ...fields });
    return () => {
      const left = { ...awareness.getLocalState() };
      for (const field of Object.keys(fields)) delete left[field];
      awareness.setLocalState(left);
    };
  }, [document, text]);
  const others = useMemo(() => othersOf<State>(document), [document]);
  return useSyncExternalStore(others.subscribe, others.read, others.read);
}

function othersOf<State extends object>({
  awareness,
}: DocumentHandle): {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => readonly Present<State>[];
} {
  const look = (): readonly Present<State>[] =>
    [...awareness.getStates()]
      .filter(([id]) => id !== awareness.clientID)
      .map(([id, { principal, ...state }]) => ({
        id,
        principal: typeof principal === "string" ? principal : undefined,
        state: state as Partial<State>,
      }))
      .sort((a, b) => a.id - b.id);
  let known: readonly Present<State>[] | undefined;
  return {
    subscribe(listener) {
      const changed = ({
        added,
        updated,
        removed,
      }: Record<"added" | "updated" | "removed", readonly number[]>): void => {
        // What this window shows of itself is no news to it.
        const ids = [...added, ...updated, ...removed];
        if (ids.every((id) => id === awareness.clientID)) return;
        known = undefined;
        listener();
      };
      known = undefined;
      awareness.on("change", changed);
      return () => awareness.off("change", changed);
    },
    read: () => (known ??= look()),
  };
}
