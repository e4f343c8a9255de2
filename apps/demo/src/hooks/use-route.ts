/** The place that the address names. */

import { useCallback, useMemo, useSyncExternalStore } from "react";
import { hashOfPage, type Place, placeOfHash } from "../app/route.ts";

/** The current place, the same until the address changes, and how to go to a page. */
export function useRoute(): readonly [place: Place, go: (page: string) => void] {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const place = useMemo(() => placeOfHash(hash), [hash]);
  const go = useCallback((id: string) => {
    location.hash = hashOfPage(id);
  }, []);
  return [place, go];
}

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}
