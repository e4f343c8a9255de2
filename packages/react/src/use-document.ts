/** Documents: opened once for all components that show them. */

import type { DocumentHandle, DocumentState } from "@croft/core";
import { use, useCallback, useSyncExternalStore } from "react";
import type * as Y from "yjs";
import { disposeCollections } from "./collections-of.ts";
import { type Opened, Shelf, useShelved } from "./shelf.ts";
import { docOf, subscribeIfOpen } from "./subscribe.ts";
import { type DocumentSource, useDocuments } from "./workspace.tsx";

interface Shown {
  readonly handle: DocumentHandle;
  readonly ready: Promise<void>;
}

const shelves = new WeakMap<DocumentSource, Shelf<Shown>>();

/** The documents that are open for components; for leak checks. */
export function documentShelf(source: DocumentSource): Shelf<Shown> {
  let shelf = shelves.get(source);
  if (!shelf) shelves.set(source, (shelf = new Shelf()));
  return shelf;
}

/**
 * Opens a document; suspends until its content on this device is there, which needs no network. All
 * components that show a path share it, and it is closed soon after the last of them is gone. What was loaded
 * and is not shown yet, because the same `Suspense` waits for something else, stays for half a minute.
 *
 * @throws CroftError `input/invalid` when `path` is not a doc path.
 * @example
 * ```tsx
 * function Page({ path }: { path: string }) {
 *   const page = useDocument(path);
 *   const { saved, waiting } = useDocumentState(page);
 *   return <p>{saved === "server" ? "Saved" : `${waiting} changes wait`}</p>;
 * }
 * ```
 */
export function useDocument(path: string): DocumentHandle {
  const source = useDocuments();
  const { handle, ready } = useShelved(documentShelf(source), path, () => open(source, path));
  use(ready);
  return handle;
}

function open(source: DocumentSource, path: string): Opened<Shown> {
  const handle = source.open(path);
  const ready = handle.ready.then(() => {
    // As React marks promises that it has waited for: who shows the document next does not wait.
    void Object.assign(ready, { status: "fulfilled", value: undefined });
  });
  const close = (): void => {
    disposeCollections(handle);
    handle.close();
  };
  return { value: { handle, ready }, close, ready };
}

/** What is known of a document: access, whether it is live, how far changes are saved, what is wrong. */
export function useDocumentState(document: DocumentHandle): DocumentState {
  const subscribe = useCallback(
    (listener: () => void) => subscribeIfOpen(() => document.onState(listener)),
    [document],
  );
  const read = (): DocumentState => document.state;
  return useSyncExternalStore(subscribe, read, read);
}

/** What may be done with a document now; renders again when that changes, and for nothing else. */
export function useAccess(document: DocumentHandle): DocumentState["access"] {
  const subscribe = useCallback(
    (listener: () => void) => subscribeIfOpen(() => document.onState(listener)),
    [document],
  );
  const read = (): DocumentState["access"] => document.state.access;
  return useSyncExternalStore(subscribe, read, read);
}

/**
 * The `Y.Doc` of a document, to bind an editor to: another one after a refusal, when it was built anew. Of a
 * document that is closed it is the last one, and edits of it go nowhere.
 */
export function useDoc(document: DocumentHandle): Y.Doc {
  const subscribe = useCallback(
    (listener: () => void) => subscribeIfOpen(() => document.onReset(listener)),
    [document],
  );
  const read = (): Y.Doc => docOf(document);
  return useSyncExternalStore(subscribe, read, read);
}
