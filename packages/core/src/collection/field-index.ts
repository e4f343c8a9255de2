/** Which records have a value in a field: kept up to date by what changes, never by looking at all. */

/** Values that can be looked up: others are looked at one by one. */
export type IndexKey = string | number | boolean | null;

/** Whether an index can tell a value. */
export function isIndexKey(value: unknown): value is IndexKey {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

/** See the top of this file. */
export class FieldIndex {
  readonly #ids = new Map<IndexKey, Set<string>>();
  readonly #values = new Map<string, IndexKey>();

  /** A record has this value now; `undefined` for none, or no such record. */
  put(id: string, value: unknown): void {
    const before = this.#values.get(id);
    if (before === value) return;
    if (before !== undefined) {
      const ids = this.#ids.get(before);
      ids?.delete(id);
      if (ids?.size === 0) this.#ids.delete(before);
      this.#values.delete(id);
    }
    if (!isIndexKey(value)) return;
    const ids = this.#ids.get(value);
    if (ids) ids.add(id);
    else this.#ids.set(value, new Set([id]));
    this.#values.set(id, value);
  }

  /** The records with a value. */
  get(value: IndexKey): ReadonlySet<string> {
    return this.#ids.get(value) ?? NONE;
  }
}

const NONE: ReadonlySet<string> = new Set();
