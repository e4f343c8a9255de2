/** Asks before the window closes while something in it cannot be saved. */

import type { DocumentState } from "@croft/core";
import { useEffect } from "react";

/** Guards a document: only while saving fails, not for the moment that it takes. */
export function useUnsavedGuard({ saved, error }: DocumentState): void {
  const unsaved = saved === "memory" && error !== undefined;
  useEffect(() => {
    if (!unsaved) return;
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", onUnload);
    return () => removeEventListener("beforeunload", onUnload);
  }, [unsaved]);
}
