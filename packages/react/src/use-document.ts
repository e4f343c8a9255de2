/** Documents: opened once for all components that show them. */

import type { DocumentHandle, DocumentState, Workspace } from "@croft/core";
import { use, useCallback, useEffect, useSyncExternalStore } from "react";
import type * as Y from "yjs";
import { Shelf } from "./shelf.ts";
import { useWorkspace } from "./workspace.tsx";

/** How long a document that nobody shows stays open, in milliseconds. */
const LINGERS = 1_000;

interface Opened {
  readonly handle: DocumentHandle;
  readonly ready: Promise<void>;
}

const shelves = new WeakMap<Workspace, Shelf<Opened>>();

/** The documents that are open for components; for leak checks. */
export function documentShelf(workspace: Workspace): Shelf<Opened> {
  let shelf = shelves.get(workspace);
  if (!shelf) shelves.set(workspace, (shelf = new Shelf(LINGERS)));
  return shelf;
}

/**
 * Opens a document; suspends until its content on this device is there, which needs no network. All
 * components that show a path share it, and it is closed soon after the last of them is gone.
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
  const workspace = useWorkspace();
  const shelf = documentShelf(workspace);
  const { handle, ready } = shelf.get(path, () => open(workspace, path));
  use(ready);
  useEffect(() => {
    // Taken down and put up again it may have been closed meanwhile.
    shelf.get(path, () => open(workspace, path));
    return shelf.hold(path);
  }, [shelf, workspace, path]);
  return handle;
}

function open(workspace: Workspace, path: string): { value: Opened; close: () => void } {
  const handle = workspace.open(path);
  const ready = handle.ready.then(() => {
    // As React marks promises that it has waited for: who shows the document next does not wait.
    void Object.assign(ready, { status: "fulfilled", value: undefined });
  });
  return { value: { handle, ready }, close: () => handle.close() };
}

/** What is known of a document: access, whether it is live, how far changes are saved, what is wrong. */
export function useDocumentState(document: DocumentHandle): DocumentState {
  const subscribe = useCallback((listener: () => void) => document.onState(listener), [document]);
  const read = (): DocumentState => document.state;
  return useSyncExternalStore(subscribe, read, read);
}

/** What may be done with a document now; renders again when that changes, and for nothing else. */
export function useAccess(document: DocumentHandle): DocumentState["access"] {
  const subscribe = useCallback((listener: () => void) => document.onState(listener), [document]);
  const read = (): DocumentState["access"] => document.state.access;
  return useSyncExternalStore(subscribe, read, read);
}

/** The `Y.Doc` of a document, to bind an editor to: another one after a refusal, when it was built anew. */
export function useDoc(document: DocumentHandle): Y.Doc {
  const subscribe = useCallback((listener: () => void) => document.onReset(listener), [document]);
  const read = (): Y.Doc => document.doc;
  return useSyncExternalStore(subscribe, read, read);
}
