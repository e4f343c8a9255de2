/** Who else is at a document. */

import type { DocumentHandle } from "@croft/core";
import { useMemo, useSyncExternalStore } from "react";
import { createPeople } from "../people/people.ts";
import type { Presence } from "../people/presence-state.ts";

/** Everybody else at a document; the same list until it changes. */
export function usePeople(handle: DocumentHandle): readonly Presence[] {
  const people = useMemo(() => createPeople(handle.awareness), [handle]);
  return useSyncExternalStore(people.subscribe, people.others);
}
