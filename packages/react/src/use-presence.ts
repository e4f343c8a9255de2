/** Who else is at a document. */

import type { DocumentHandle } from "@croft/core";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { showFields, stableJson } from "./shown-fields.ts";
import { ifOpen } from "./subscribe.ts";

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
 * is there, and returns the others. Fields that others set, such as an editor's cursor, stay. Of a field that
 * several components show, what was shown last counts; when that component goes, what another one shows.
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
  const [me] = useState(() => Symbol("component"));
  const fields = stableJson(state) ?? NO_FIELDS;
  useEffect(() => {
    const awareness = awarenessOf(document);
    if (awareness) showFields(awareness, me, fields);
  }, [document, me, fields]);
  // On its own: a change of the fields must not take the old ones away first, for all to see.
  useEffect(() => {
    const awareness = awarenessOf(document);
    return awareness && (() => showFields(awareness, me, NO_FIELDS));
  }, [document, me]);
  const others = useMemo(() => othersOf<State>(document), [document]);
  return useSyncExternalStore(others.subscribe, others.read, others.read);
}

const NO_FIELDS = "{}";

/** Nothing once the document was closed, which happens to what is hidden for long. */
function awarenessOf(document: DocumentHandle): DocumentHandle["awareness"] | undefined {
  return ifOpen(() => document.awareness);
}

function othersOf<State extends object>(
  document: DocumentHandle,
): {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => readonly Present<State>[];
} {
  const look = (): readonly Present<State>[] => {
    const awareness = awarenessOf(document);
    if (!awareness) return [];
    return [...awareness.getStates()]
      .filter(([id]) => id !== awareness.clientID)
      .map(([id, { principal, ...state }]) => ({
        id,
        principal: typeof principal === "string" ? principal : undefined,
        state: state as Partial<State>,
      }))
      .sort((a, b) => a.id - b.id);
  };
  let known: readonly Present<State>[] | undefined;
  return {
    subscribe(listener) {
      const awareness = awarenessOf(document);
      if (!awareness) return () => undefined;
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
