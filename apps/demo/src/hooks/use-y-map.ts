/** What is derived from a `Y.Map`, renewed when the map changes. */

import { useMemo, useSyncExternalStore } from "react";
import type * as Y from "yjs";

/** `read(map)`; the same value until the map changes. `read` must be the same function each time. */
export function useYMap<T>(map: Y.Map<unknown>, read: (map: Y.Map<unknown>) => T): T {
  const view = useMemo(() => createView(map, read), [map, read]);
  return useSyncExternalStore(view.subscribe, view.value);
}

function createView<T>(map: Y.Map<unknown>, read: (map: Y.Map<unknown>) => T) {
  let known: { readonly value: T } | undefined;
  return {
    value: () => (known ??= { value: read(map) }).value,
    subscribe: (listener: () => void) => {
      const onChange = () => {
        known = undefined;
        listener();
      };
      // What happened between rendering and subscribing was not heard.
      known = undefined;
      map.observe(onChange);
      return () => map.unobserve(onChange);
    },
  };
}
