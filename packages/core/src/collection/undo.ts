/** Undoing and redoing what was done here, and never what others did. */

import * as Y from "yjs";
import { allows } from "../access/access.ts";
import { createEmitter, type Unsubscribe } from "../emitter.ts";
import { COLLECTION_EDIT } from "./edit-origin.ts";
import type { CollectionDocument } from "./layers.ts";
import { holdFor, letGo } from "./undo-memory.ts";
import { changesOutdated, noteRoots, spareOthers, type UndoStep } from "./undo-step.ts";

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
  /**
   * Whether there is a step that may be taken back: not while the document may only be read, nor when the next
   * step changed a collection of which a newer version was written than this program knows.
   */
  readonly canUndo: boolean;
  /** Whether there is a step that may be done again, as {@link Undo.canUndo}. */
  readonly canRedo: boolean;
  /**
   * Takes back the last step; returns whether it did: not where {@link Undo.canUndo} is false, nor in the middle
   * of a transaction. What others changed since stays: what they wrote in a field, and a record that the step made
   * and they wrote in, as it is. A step of which nothing is left to take back is passed over.
   */
  undo(): boolean;
  /** Does again what was undone last, as {@link Undo.undo}: returns whether it did, and what others did stays. */
  redo(): boolean;
  /** What comes next is a step of its own. */
  endStep(): void;
  /** Hears that {@link Undo.canUndo} or {@link Undo.canRedo} may be another. */
  onChange(listener: () => void): Unsubscribe;
  /** Forgets all steps, with what was kept in memory for them, and stops. Idempotent. */
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
export function createUndo(document: CollectionDocument, options: UndoOptions = {}): Undo {
  const changes = createEmitter<void>();
  let told = "";
  let steps = new Steps(document.doc, options, () => tell());
  const may = (stack: readonly UndoStep[]): boolean =>
    allows(document.state.access, "write") && steps.mayDo(stack);
  const undo: Undo = {
    get canUndo() {
      return may(steps.manager.undoStack);
    },
    get canRedo() {
      return may(steps.manager.redoStack);
    },
    undo: () => undo.canUndo && steps.take("undo"),
    redo: () => undo.canRedo && steps.take("redo"),
    endStep: () => steps.manager.stopCapturing(),
    onChange: (listener) => changes.on(listener),
    dispose() {
      stopReset();
      stopState();
      steps.dispose();
      changes.clear();
    },
  };
  const tell = (): void => {
    const now = `${undo.canUndo} ${undo.canRedo}`;
    if (now === told) return;
    told = now;
    changes.emit();
  };
  told = `${undo.canUndo} ${undo.canRedo}`;
  const stopState = document.onState(tell);
  const stopReset = document.onReset(() => {
    steps.dispose();
    steps = new Steps(document.doc, options, tell);
    tell();
  });
  return undo;
}

/** The steps in one `Y.Doc`. */
class Steps {
  readonly manager: Y.UndoManager;
  readonly #doc: Y.Doc;
  readonly #tell: () => void;
  /** By client id, from which clock on. */
  readonly #written = new Map<number, number>();

  constructor(doc: Y.Doc, { origins = [], within = 500 }: UndoOptions, tell: () => void) {
    this.#doc = doc;
    this.#tell = tell;
    this.#written.set(doc.clientID, Y.getState(doc.store, doc.clientID));
    this.manager = new Y.UndoManager(doc, {
      trackedOrigins: new Set<unknown>([COLLECTION_EDIT, ...origins]),
      captureTimeout: within,
      captureTransaction: isChange,
    });
    holdFor(doc, this.manager);
    for (const event of ["stack-item-added", "stack-item-updated"] as const) {
      this.manager.on(event, ({ stackItem, changedParentTypes }) =>
        noteRoots(stackItem, changedParentTypes.keys()),
      );
    }
    // After the manager, which has taken the transaction then.
    doc.on("afterTransaction", this.#took);
  }

  mayDo(stack: readonly UndoStep[]): boolean {
    const next = stack.at(-1);
    return next !== undefined && !changesOutdated(this.#doc, next);
  }

  take(which: "undo" | "redo"): boolean {
    if (this.#doc._transaction !== null) return false;
    const stack = which === "undo" ? this.manager.undoStack : this.manager.redoStack;
    // Yjs passes over steps that change nothing any more.
    for (const step of stack.toReversed()) {
      if (changesOutdated(this.#doc, step)) return false;
      if (spareOthers(this.#doc, step, this.#written)) break;
    }
    const taken = this.manager[which]() !== null;
    this.#tell();
    return taken;
  }

  dispose(): void {
    this.#doc.off("afterTransaction", this.#took);
    letGo(this.#doc, this.manager);
  }

  readonly #took = ({ local, beforeState }: Y.Transaction): void => {
    const { clientID } = this.#doc;
    if (local && !this.#written.has(clientID)) {
      this.#written.set(clientID, beforeState.get(clientID) ?? 0);
    }
    this.#tell();
  };
}

/** A transaction that did nothing, or was taken back, is no step. */
function isChange({ deleteSet, beforeState, afterState }: Y.Transaction): boolean {
  if (deleteSet.clients.size > 0) return true;
  return [...afterState].some(([client, clock]) => clock !== (beforeState.get(client) ?? 0));
}
