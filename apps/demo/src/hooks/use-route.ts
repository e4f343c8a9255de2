/** The page that the address names. */

import { useCallback, useSyncExternalStore } from "react";
import { hashOfPage, pageOfHash } from "../app/route.ts";

/** The current page, and how to go to another. */
export function useRoute(): readonly [page: string, go: (page: string) => void] {
  const page = useSyncExternalStore(subscribe, () => pageOfHash(location.hash));
  const go = useCallback((id: string) => {
    location.hash = hashOfPage(id);
  }, []);
  return [page, go];
}

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}
