/** The records of a collection as one version of its schema reads them: what all versions wrote of each, made one. */

import type { CollectionDefinition } from "./define-collection.ts";
import type { RecordTable, StoredRecord } from "./record-table.ts";
import { foldLayers } from "./upcast.ts";

/** See the top of this file. */
export class FoldedRecords {
  readonly table: RecordTable;
  readonly #definition: CollectionDefinition;
  readonly #folded = new Map<string, StoredRecord>();

  constructor(definition: CollectionDefinition, table: RecordTable) {
    this.#definition = definition;
    this.table = table;
  }

  get(id: string): StoredRecord | undefined {
    // There is nothing to fold.
    if (this.#definition.version === 1 && this.table.hasFirstOnly) {
      const lives = this.table.first(id);
      if (lives.length < 2) return lives[0];
    }
    let folded = this.#folded.get(id);
    if (folded) return folded;
    const layers = this.table.layersOf(id);
    if (layers.length === 0) return undefined;
    this.#folded.set(id, (folded = foldLayers(this.#definition, layers)));
    return folded;
  }

  /** A record of the table is another one. */
  forget(id: string): void {
    this.#folded.delete(id);
  }
}
