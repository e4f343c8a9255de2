/** Who is at a document, from its awareness, as a store that React can subscribe to. */

import type { Awareness } from "y-protocols/awareness";
import { type Presence, readPresence } from "./presence-state.ts";

/** Everybody else at a document: other people, and this user's other windows. */
export interface People {
  /** The same list until somebody comes, goes or changes. */
  readonly others: () => readonly Presence[];
  readonly subscribe: (listener: () => void) => () => void;
}

/** Watches an awareness. */
export function createPeople(awareness: Awareness): People {
  let known: { readonly key: string; readonly others: readonly Presence[] } | undefined;
  return {
    others() {
      const others = [...awareness.getStates()]
        .filter(([id]) => id !== awareness.clientID)
        .flatMap(([id, state]) => readPresence(id, state) ?? [])
        .toSorted((a, b) => a.name.localeCompare(b.name) || a.id - b.id);
      // Cursors move all the time; who is here does not.
      const key = JSON.stringify(others);
      if (known?.key !== key) known = { key, others };
      return known.others;
    },
    subscribe(listener) {
      awareness.on("change", listener);
      return () => awareness.off("change", listener);
    },
  };
}

/** One entry for each person, however many windows they have open. */
export function eachPersonOnce(presences: readonly Presence[]): readonly Presence[] {
  const seen = new Set<string>();
  return presences.filter(({ user }) => {
    if (user === "") return true;
    if (seen.has(user)) return false;
    seen.add(user);
    return true;
  });
}
