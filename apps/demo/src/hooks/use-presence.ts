/** Tells the others at a document who is here. */

import type { DocumentHandle } from "@croft/core";
import { useEffect } from "react";
import type { Guest } from "../people/guest.ts";

/** Shows this guest to the others, and the page that the guest looks at. */
export function usePresence(handle: DocumentHandle, { name, color }: Guest, page?: string): void {
  useEffect(() => {
    const { awareness } = handle;
    awareness.setLocalState({ ...awareness.getLocalState(), user: { name, color }, page });
  }, [handle, name, color, page]);
}
