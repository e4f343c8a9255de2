/** Opens a document while a component is there. */

import type { DocumentHandle } from "@croft/core";
import { useMemo, useSyncExternalStore } from "react";

/** What opens documents: a workspace, or a plugin's context. */
export interface DocumentSource {
  open(path: string): DocumentHandle;
}

/** The handle of the document at `path`; `undefined` until it is open. Closed with the component. */
export function useDocument(source: DocumentSource, path: string): DocumentHandle | undefined {
  const use = useMemo(() => createUse(source, path), [source, path]);
  return useSyncExternalStore(use.subscribe, use.handle);
}

/** Open while somebody subscribes: React may subscribe, leave and come back. */
function createUse(source: DocumentSource, path: string) {
  let handle: DocumentHandle | undefined;
  return {
    handle: () => handle,
    subscribe: () => {
      handle = source.open(path);
      return () => {
        handle?.close();
        handle = undefined;
      };
    },
  };
}
