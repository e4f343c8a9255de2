/** The keys of a collection's layers, put together by record: as they are stored, whatever program reads them. */

import { GONE } from "./key-log.ts";
import { fieldKey, type Key, parseKey, partKey, recordKey } from "./layout.ts";
import type { RecordIssue } from "./record-error.ts";

/** What is stored of one record, whether it exists or not. */
export interface StoredRecord {
  readonly exists: boolean | undefined;
  readonly values: ReadonlyMap<string, unknown>;
  /** Of counters, sets and lists. */
  readonly parts: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  /** Why what an older version wrote could not be brought up to date. */
  readonly issues?: readonly RecordIssue[];
}

/** What one version wrote of a record; a value that is `undefined` hides what lies below. */
export interface LayerRecord extends StoredRecord {
  /** `false` hides that it exists below. */
  exists: boolean | undefined;
  readonly values: Map<string, unknown>;
  /** Made when there is one: most records have none. */
  parts: ReadonlyMap<string, Map<string, unknown>>;
}

class OwnParts extends Map<string, Map<string, unknown>> {}
const NO_PARTS: ReadonlyMap<string, Map<string, unknown>> = new Map();

/** See the top of this file. */
export class RecordTable {
  /** By version, in their order. */
  #layers: ReadonlyMap<number, Map<string, LayerRecord>> = new Map();

  /** What each version wrote of a record, the oldest first; nothing if none did. */
  layersOf(id: string): readonly (readonly [version: number, record: LayerRecord])[] {
    return [...this.#layers].flatMap(([version, records]) => {
      const record = records.get(id);
      return record ? [[version, record] as const] : [];
    });
  }

  /** What the first version wrote of a record. */
  first(id: string): LayerRecord | undefined {
    return this.#layers.get(1)?.get(id);
  }

  /** Whether no layer is known but the first version's. */
  get hasFirstOnly(): boolean {
    return this.#layers.size === Number(this.#layers.has(1));
  }

  /** All of which anything is stored. */
  ids(): Iterable<string> {
    const [first, ...more] = [...this.#layers.values()].filter((records) => records.size > 0);
    if (more.length === 0) return first?.keys() ?? [];
    return new Set([...(first?.keys() ?? []), ...more.flatMap((records) => [...records.keys()])]);
  }

  /** The newest version that wrote anything; 0 if none did. */
  get newest(): number {
    let newest = 0;
    for (const [version, records] of this.#layers) if (records.size > 0) newest = version;
    return newest;
  }

  /** Whether an older version than `version` wrote anything of a record. */
  isBelow(id: string, version: number): boolean {
    for (const [each, records] of this.#layers) if (each < version && records.has(id)) return true;
    return false;
  }

  /** Takes a key as it is now; returns the record that it belongs to. */
  put(version: number, key: string, value: unknown): string | undefined {
    const at = parseKey(key);
    if (!at) return undefined;
    // Below the first version is nothing to hide.
    const stored = value === undefined && version === 1 ? GONE : value;
    const records = this.#layer(version);
    let record = records.get(at.id);
    if (!record) {
      if (stored === GONE) return at.id;
      records.set(at.id, (record = { exists: undefined, values: new Map(), parts: NO_PARTS }));
    }
    place(record, at, stored);
    if (isEmpty(record)) records.delete(at.id);
    return at.id;
  }

  /** The keys that one version wrote of a record. */
  keysOf(version: number, id: string): readonly string[] {
    const record = this.#layers.get(version)?.get(id);
    if (!record) return [];
    return [
      ...(record.exists === undefined ? [] : [recordKey(id)]),
      ...[...record.values.keys()].map((field) => fieldKey(id, field)),
      ...[...record.parts].flatMap(([field, parts]) =>
        [...parts.keys()].map((part) => partKey(id, field, part)),
      ),
    ];
  }

  /** As it is now: what is put later does not change it. */
  copy(): RecordTable {
    const copied = new RecordTable();
    copied.#layers = new Map(
      [...this.#layers].map(([version, records]) => [
        version,
        new Map([...records].map(([id, record]) => [id, copyOf(record)])),
      ]),
    );
    return copied;
  }

  #layer(version: number): Map<string, LayerRecord> {
    const known = this.#layers.get(version);
    if (known) return known;
    const made = new Map<string, LayerRecord>();
    this.#layers = new Map([...this.#layers, [version, made] as const].sort(([a], [b]) => a - b));
    return made;
  }
}

function place(record: LayerRecord, { field, part }: Key, value: unknown): void {
  if (field === "") {
    record.exists = value === GONE ? undefined : value !== undefined;
    return;
  }
  if (part === undefined) {
    store(record.values, field, value);
    return;
  }
  const own = record.parts instanceof OwnParts ? record.parts : (record.parts = new OwnParts());
  let parts = own.get(field);
  if (!parts) own.set(field, (parts = new Map()));
  store(parts, part, value);
  if (parts.size === 0) own.delete(field);
}

function copyOf({ exists, values, parts }: LayerRecord): LayerRecord {
  const own = new OwnParts([...parts].map(([field, each]) => [field, new Map(each)]));
  return { exists, values: new Map(values), parts: own.size > 0 ? own : NO_PARTS };
}

function store(into: Map<string, unknown>, key: string, value: unknown): void {
  if (value === GONE) into.delete(key);
  else into.set(key, value);
}

function isEmpty({ exists, values, parts }: LayerRecord): boolean {
  return exists === undefined && values.size + parts.size === 0;
}
