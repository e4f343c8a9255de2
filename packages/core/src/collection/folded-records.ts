/** The records of a collection as one version of its schema reads them: what all versions wrote of each, made one. */

import type { CollectionDefinition } from "./define-collection.ts";
import type { RecordTable, StoredRecord } from "./record-table.ts";
import { foldLayers, nameAfter } from "./upcast.ts";

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
    folded = this.#withOtherLives(id, foldLayers(this.#definition, layers));
    this.#folded.set(id, folded);
    return folded;
  }

  /** A record of the table is another one. */
  forget(id: string): void {
    this.#folded.delete(id);
  }

  /** What is hidden in one life of a record is there in those that others made, who did not hide it. */
  #withOtherLives(id: string, folded: StoredRecord): StoredRecord {
    const lives = this.table.livesOf(id);
    const hidden = lives.length > 1 && !folded.issues ? this.#hidden(id) : [];
    const values = new Map(folded.values);
    const parts = new Map(folded.parts);
    for (const { field, part, by } of hidden) {
      const others = lives.filter((life) => !by.has(life));
      const theirs = foldLayers(this.#definition, this.table.layersOf(id, others));
      if (theirs.issues) continue;
      if (part === undefined) {
        if (!values.has(field) && theirs.values.has(field))
          values.set(field, theirs.values.get(field));
        continue;
      }
      const own = parts.get(field) ?? new Map<string, unknown>();
      const found = theirs.parts.get(field);
      if (!own.has(part) && found?.has(part))
        parts.set(field, new Map([...own, [part, found.get(part)]]));
    }
    return hidden.length > 0 ? { ...folded, values, parts } : folded;
  }

  /** Fields and parts, as they are called now, with the lives in which they are hidden. */
  #hidden(id: string): readonly Hidden[] {
    const { steps } = this.#definition;
    const found = new Map<string, Hidden>();
    for (const { version, life, field: former, part } of this.table.hidden(id)) {
      const field = steps.slice(version - 1).reduce(nameAfter, former);
      const name = JSON.stringify([field, part]);
      const known = found.get(name) ?? { field, part, by: new Set<string>() };
      found.set(name, { ...known, by: new Set([...known.by, life]) });
    }
    return [...found.values()];
  }
}

interface Hidden {
  readonly field: string;
  readonly part: string | undefined;
  readonly by: ReadonlySet<string>;
}
