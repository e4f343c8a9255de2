/** Undoing and redoing what was done here, and never what others did. */

import * as Y from "yjs";
import { createEmitter, type Unsubscribe } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import { COLLECTION_EDIT } from "./edit-origin.ts";
import type { CollectionDocument } from "./layers.ts";

/** Options of {@link createUndo}. */
export interface UndoOptions {
  /**
   * Origins of further transactions that are undone, such as an editor's binding; changes of collections
   * always are.
   */
  readonly origins?: readonly unknown[] | undefined;
  /** Changes that follow each other within this time are one step, in milliseconds; default 500. */
  readonly within?: number | undefined;
}

/** The steps of one person in one document. */
export interface Undo {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Takes back the last step; returns whether there was one. What others changed since stays. */
  undo(): boolean;
  /** Does again what was undone last; returns whether there was anything. */
  redo(): boolean;
  /** What comes next is a step of its own. */
  endStep(): void;
  /** Hears that {@link Undo.canUndo} or {@link Undo.canRedo} may be another. */
  onChange(listener: () => void): Unsubscribe;
  /** Forgets all steps and stops. Idempotent. */
  dispose(): void;
}

/**
 * Undo for a document, all its collections and texts: only for changes made here. When the document is built
 * anew, after a refusal, its steps are forgotten.
 *
 * @example
 * ```ts
 * const board = workspace.open("board/main");
 * const undo = createUndo(board);
 * undo.undo();
 * ```
 */
export function createUndo(
  document: CollectionDocument,
  { origins = [], within = 500 }: UndoOptions = {},
): Undo {
  const changes = createEmitter<void>();
  const tell = (): void => changes.emit();
  const start = (): Y.UndoManager => {
    const trackedOrigins = new Set<unknown>([COLLECTION_EDIT, ...origins]);
    const made = new Y.UndoManager(document.doc, {
      trackedOrigins,
      captureTimeout: within,
      captureTransaction: ({ meta }) => !meta.has(TAKEN_BACK),
    });
    for (const event of ["stack-item-added", "stack-item-popped", "stack-cleared"] as const) {
      made.on(event, tell);
    }
    return made;
  };
  let manager = start();
  const stop = document.onReset(() => {
    manager.destroy();
    manager = start();
    tell();
  });
  return {
    get canUndo() {
      return manager.canUndo();
    },
    get canRedo() {
      return manager.canRedo();
    },
    undo: () => manager.undo() !== null,
    redo: () => manager.redo() !== null,
    endStep: () => manager.stopCapturing(),
    onChange: (listener) => changes.on(listener),
    dispose() {
      stop();
      manager.destroy();
      changes.clear();
    },
  };
}

/**
 * Does several changes of a document, of any of its collections, as one: others get them together, and they
 * are one step to undo. If `run` throws, what it did is taken back.
 *
 * @throws What `run` throws; CroftError `input/invalid` when it returns a promise.
 * @example
 * ```ts
 * const board = workspace.open("board/main");
 * const tasks = openCollection(board, defineCollection("tasks", { title: z.string() }));
 * transact(board, () => {
 *   for (const title of ["Dig", "Sow", "Water"]) tasks.insert({ title });
 * });
 * ```
 */
export function transact<T>(document: CollectionDocument, run: () => T): T {
  const { doc } = document;
  // Inside another transaction that one decides what becomes of it all.
  if (doc._transaction !== null) return run();
  const undo = new Y.UndoManager(doc, {
    trackedOrigins: new Set([COLLECTION_EDIT]),
    captureTimeout: Number.POSITIVE_INFINITY,
  });
  const takeBack = (): void => {
    undo.undo();
    undo.destroy();
  };
  try {
    const result = doc.transact((transaction) => {
      try {
        return notLater(document, run());
      } catch (error) {
        transaction.meta.set(TAKEN_BACK, true);
        throw error;
      }
    }, COLLECTION_EDIT);
    undo.destroy();
    return result;
  } catch (error) {
    // In a listener Yjs puts the transaction in order later, and what it did is not known before.
    if (doc._transactionCleanups.length > 0) doc.once("afterAllTransactions", takeBack);
    else takeBack();
    throw error;
  }
}

/** Marks a transaction that threw: it is no step that a person could undo. */
const TAKEN_BACK = Symbol("taken back");

function notLater<T>({ path }: CollectionDocument, result: T): T {
  if (!(result instanceof Promise)) return result;
  throw new CroftError("input/invalid", `A transaction in ${path} is a function that waits.`, {
    path,
    hint: "Fetch what it needs before it, and write all at once.",
  });
}
