/** Documents as they were, built from pages of the history; and what takes back some changes of one author, as an update. */

import * as Y from "yjs";
import type { PageChange, HistoryPage } from "../protocol/history-messages.ts";
import { markRestored, undoingClient } from "./restored-items.ts";

/** The document as it was after the entry `seq`, which is in the page or right before it. */
export function documentAt(page: HistoryPage, seq: number): Y.Doc {
  const doc = emptyDocument();
  forEachStep([page], doc, (change) => apply(doc, upTo(change, seq), undefined));
  return doc;
}

/** What of a change was made up to `seq`: it may have gone on since it was told of. */
function upTo(change: PageChange, seq: number): PageChange {
  const { first, last, updates } = change;
  if (last <= seq) return change;
  // Merged, it cannot be cut any more.
  const isWhole = updates.length === last - first + 1;
  const count = isWhole ? Math.max(0, seq - first + 1) : first <= seq ? updates.length : 0;
  return { ...change, updates: updates.slice(0, count) };
}

/**
 * An update that takes back what `isUndone` says of, and nothing of what others did meanwhile: what was inserted goes, what was
 * deleted comes back, and a value that somebody else has set since stays. What came back already, and is still there, does not come
 * twice. Nothing where there is nothing to take back.
 *
 * @param pages Oldest first: everything from before the first of the changes until now.
 */
export function undoChanges(
  pages: readonly HistoryPage[],
  isUndone: (change: PageChange) => boolean,
): Undoing | undefined {
  const doc = emptyDocument();
  const undone = {};
  const manager = new Y.UndoManager(doc, {
    trackedOrigins: new Set([undone]),
    captureTimeout: Number.MAX_SAFE_INTEGER,
  });
  const updates: Uint8Array[] = [];
  try {
    forEachStep(pages, doc, (change) => apply(doc, change, isUndone(change) ? undone : undefined));
    // All of it in one go: there is one item at most.
    const [taken] = manager.undoStack;
    if (!taken) return undefined;
    markRestored(doc, taken.insertions);
    doc.clientID = undoingClient(doc);
    const basis = Y.encodeStateVector(doc);
    doc.on("update", (update: Uint8Array) => updates.push(update));
    manager.undo();
    const [first] = updates;
    if (!first) return undefined;
    return { basis, update: updates.length > 1 ? Y.mergeUpdates(updates) : first };
  } finally {
    manager.destroy();
    doc.destroy();
  }
}

/** What takes changes back. */
export interface Undoing {
  readonly update: Uint8Array;
  /** The state vector that a document must have before. */
  readonly basis: Uint8Array;
}

/** Whether a document has all that a state vector stands for. */
export function covers(doc: Y.Doc, basis: Uint8Array): boolean {
  for (const [client, clock] of Y.decodeStateVector(basis)) {
    if (Y.getState(doc.store, client) < clock) return false;
  }
  return true;
}

/** Whether a document has just that, and nothing more. */
export function isAt(doc: Y.Doc, basis: Uint8Array): boolean {
  const wanted = Y.decodeStateVector(basis);
  for (const client of doc.store.clients.keys()) {
    if (Y.getState(doc.store, client) !== (wanted.get(client) ?? 0)) return false;
  }
  return covers(doc, basis);
}

// What was deleted is to come back: nothing is collected.
function emptyDocument(): Y.Doc {
  return new Y.Doc({ guid: "history-page", gc: false });
}

function forEachStep(
  pages: readonly HistoryPage[],
  doc: Y.Doc,
  step: (change: PageChange) => void,
): void {
  for (const { base, changes } of pages) {
    // Also of later pages: in between something may not have been kept.
    if (base?.format === "v1") Y.applyUpdate(doc, base.update);
    else if (base) Y.applyUpdateV2(doc, base.update);
    for (const change of changes) step(change);
  }
}

function apply(doc: Y.Doc, { updates }: PageChange, origin: object | undefined): void {
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update, origin);
  }, origin);
}
