/** Undo managers keep what was deleted in memory, to put it back: that must end when they do. */

import * as Y from "yjs";

/** Those of collections that are at work in a document. */
const holding = new WeakMap<Y.Doc, Set<Y.UndoManager>>();

/** Notes that a manager keeps things. */
export function holdFor(doc: Y.Doc, manager: Y.UndoManager): void {
  const all = holding.get(doc) ?? new Set();
  holding.set(doc, all.add(manager));
}

/** Ends a manager, and lets go of what it kept, but for what others need. Idempotent. */
export function letGo(doc: Y.Doc, manager: Y.UndoManager): void {
  const all = holding.get(doc);
  if (!all?.delete(manager)) return;
  // Yjs does not let go by itself, and what is deleted already it looks at no more.
  const steps = [...manager.undoStack, ...manager.redoStack];
  const [deleted, inserted] = [
    Y.mergeDeleteSets(steps.map(({ deletions }) => deletions)),
    Y.mergeDeleteSets(steps.map(({ insertions }) => insertions)),
  ];
  manager.clear();
  manager.destroy();
  const free = (): void => {
    doc.transact((transaction) => {
      const keep = (ids: typeof deleted, kept: boolean): void =>
        Y.iterateDeletedStructs(transaction, ids, (struct) => {
          let item = struct instanceof Y.Item ? struct : null;
          while (item) {
            item.keep = kept;
            // With what it is in, which must not go before it.
            item = kept && item.parent instanceof Y.AbstractType ? item.parent._item : null;
          }
        });
      keep(inserted, false);
      for (const other of all) {
        for (const { deletions } of [...other.undoStack, ...other.redoStack]) keep(deletions, true);
      }
    });
    if (doc.gc) Y.tryGc(deleted, doc.store, doc.gcFilter);
  };
  // Not while observers may look at what a transaction deleted.
  if (doc._transactionCleanups.length > 0) doc.once("afterAllTransactions", free);
  else free();
}
