/**
 * What is left of deleted records: what others wrote to them before they heard of it. It is hidden, and takes room.
 * Here is what is to be removed of it, and when that is done unasked.
 */

import type * as Y from "yjs";
import type { CollectionDocument, Layers } from "./layers.ts";
import { clearTexts, textOwners } from "./record-texts.ts";

/** Transactions with this origin remove what is hidden anyway: no step that a person could undo. */
const SWEEP: { readonly name: string } = { name: "croft sweep" };

/** Collections that were swept unasked, by document. */
const swept = new WeakMap<Y.Doc, Set<string>>();

/** See the top of this file. */
export class Leftovers {
  readonly #document: CollectionDocument;
  readonly #collection: string;
  readonly #layers: Layers;

  constructor(document: CollectionDocument, collection: string, layers: Layers) {
    this.#document = document;
    this.#collection = collection;
    this.#layers = layers;
  }

  /** The records of which something is left. */
  find(): readonly string[] {
    const ids = new Set<string>();
    for (const id of this.#layers.ids()) if (this.#layers.hasDead(id)) ids.add(id);
    for (const id of textOwners(this.#document.doc, this.#collection)) {
      if (!this.#exists(id)) ids.add(id);
    }
    return [...ids];
  }

  /** Removes what is left of records. */
  remove(ids: readonly string[]): void {
    if (ids.length === 0) return;
    const { doc } = this.#document;
    this.#layers.edit(() => {
      for (const id of ids) {
        this.#layers.purgeDead(id);
        if (!this.#exists(id)) clearTexts(doc, this.#collection, id);
      }
    }, SWEEP);
  }

  /**
   * Calls `change`, and removes then what was left before, once for each document that is opened. Not earlier than
   * something is changed, since who only reads a document writes nothing; and only where all that the server had is
   * here and all changes of this device are there, so that no deletion of it is refused any more. What was deleted
   * since the document was opened is not touched: undo may bring it back.
   */
  removeWith(change: () => void): void {
    const { doc, state } = this.#document;
    const names = swept.get(doc) ?? new Set();
    const isTime = state.ready && state.live && state.saved === "server";
    if (!isTime || names.has(this.#collection)) {
      change();
      return;
    }
    swept.set(doc, names.add(this.#collection));
    const ids = this.find();
    change();
    if (ids.length === 0) return;
    // Not within a transaction of the application: that would be a part of its step.
    if (doc._transaction === null) this.remove(ids);
    else
      doc.once("afterAllTransactions", () => void (doc === this.#document.doc && this.remove(ids)));
  }

  #exists(id: string): boolean {
    return this.#layers.get(id)?.exists === true;
  }
}
