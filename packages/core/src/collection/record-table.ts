/** The keys of a collection's map, put together by record. */

import type * as Y from "yjs";
import { parseKey } from "./layout.ts";

/** What is stored of one record, whether it exists or not. */
export interface StoredRecord {
  exists: boolean;
  readonly values: Map<string, unknown>;
  /** Of counters, sets and lists. */
  readonly parts: Map<string, Map<string, unknown>>;
}

/** See the top of this file. */
export class RecordTable {
  readonly #records = new Map<string, StoredRecord>();

  constructor(map: Y.Map<unknown>) {
    map.forEach((value, key) => void this.put(key, value));
  }

  get(id: string): StoredRecord | undefined {
    return this.#records.get(id);
  }

  /** All of which anything is stored. */
  ids(): IterableIterator<string> {
    return this.#records.keys();
  }

  /** Takes a key as it is now, `undefined` for one that is gone; returns the record that it belongs to. */
  put(key: string, value: unknown): string | undefined {
    const at = parseKey(key);
    if (!at) return undefined;
    const { id, field, part } = at;
    let record = this.#records.get(id);
    if (!record) {
      if (value === undefined) return id;
      record = { exists: false, values: new Map(), parts: new Map() };
      this.#records.set(id, record);
    }
    if (field === "") record.exists = value !== undefined;
    else if (part === undefined) store(record.values, field, value);
    else {
      let parts = record.parts.get(field);
      if (!parts) record.parts.set(field, (parts = new Map()));
      store(parts, part, value);
      if (parts.size === 0) record.parts.delete(field);
    }
    if (!record.exists && record.values.size + record.parts.size === 0) this.#records.delete(id);
    return id;
  }
}

function store(into: Map<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) into.delete(key);
  else into.set(key, value);
}
