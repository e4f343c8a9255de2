/** Whether a CSS media query holds. */

import { useCallback, useSyncExternalStore } from "react";

/** For example `useMediaQuery("(min-width: 820px)")`. */
export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = matchMedia(query);
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
