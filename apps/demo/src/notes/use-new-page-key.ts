/** Alt+N adds a page, wherever the focus is. */

import { useEffect } from "react";

/** Calls `create` at Alt+N. By the key's place: on a Mac Option+N types a character. */
export function useNewPageKey(create: () => void, enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      const { altKey, ctrlKey, metaKey, shiftKey, code, repeat } = event;
      if (!altKey || ctrlKey || metaKey || shiftKey || code !== "KeyN") return;
      event.preventDefault();
      event.stopPropagation();
      if (!repeat) create();
    };
    // Before the editor, which would type it.
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, [create, enabled]);
}
