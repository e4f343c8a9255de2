/** What is known about an open document, and its live `Y.Doc`. */

import type { DocumentHandle, DocumentState } from "@croft/core";
import { useCallback, useSyncExternalStore } from "react";
import type * as Y from "yjs";

/** The state of a document. */
export function useDocumentState(handle: DocumentHandle): DocumentState {
  const subscribe = useCallback((listener: () => void) => handle.onState(listener), [handle]);
  return useSyncExternalStore(subscribe, () => handle.state);
}

/** The live document; another one after a reset. */
export function useLiveDoc(handle: DocumentHandle): Y.Doc {
  const subscribe = useCallback((listener: () => void) => handle.onReset(listener), [handle]);
  return useSyncExternalStore(subscribe, () => handle.doc);
}
