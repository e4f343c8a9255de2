/** Undoing and redoing what was done here, and never what others did. */

import * as Y from "yjs";
import { createEmitter, type Unsubscribe } from "../emitter.ts";
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
      captureTransaction: isChange,
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

/** A transaction that did nothing, or was taken back, is no step. */
function isChange({ deleteSet, beforeState, afterState }: Y.Transaction): boolean {
  if (deleteSet.clients.size > 0) return true;
  return [...afterState].some(([client, clock]) => clock !== (beforeState.get(client) ?? 0));
}
