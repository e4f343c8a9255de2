/** The keys of a collection's layers, put together by record: as they are stored, whatever program reads them. */

import { GONE } from "./key-log.ts";
import { fieldKey, type Key, parseKey, partKey, recordKey } from "./layout.ts";
import { livingOf, mergeLives } from "./lives.ts";
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

/** What one version wrote of one life of a record; a value that is `undefined` hides what lies below. */
export interface LayerRecord extends StoredRecord {
  readonly life: string;
  /** `false` hides that it exists below. */
  exists: boolean | undefined;
  readonly values: Map<string, unknown>;
  /** Made when there is one: most records have none. */
  parts: ReadonlyMap<string, Map<string, unknown>>;
}

const NO_LIVES: readonly LayerRecord[] = [];
class OwnParts extends Map<string, Map<string, unknown>> {}
const NO_PARTS: ReadonlyMap<string, Map<string, unknown>> = new Map();

/** See the top of this file. */
export class RecordTable {
  /** By version, in their order. */
  #layers: ReadonlyMap<number, Map<string, readonly LayerRecord[]>> = new Map();
  /** When the value of a key was written, as the log of its version tells. */
  readonly #stampOf: (version: number, key: string) => number;

  constructor(stampOf: (version: number, key: string) => number) {
    this.#stampOf = stampOf;
  }

  /** What each version wrote of a record in the lives that it has, or in some, the oldest first; nothing if none did. */
  layersOf(
    id: string,
    living: readonly string[] = this.livesOf(id),
  ): readonly (readonly [version: number, record: LayerRecord])[] {
    return [...this.#layers].flatMap(([version, records]) => {
      const lives = (records.get(id) ?? []).filter(({ life }) => living.includes(life));
      const record = mergeLives(id, lives, (key) => this.#stampOf(version, key));
      return record ? [[version, record] as const] : [];
    });
  }

  /** What the first version wrote of a record, by its lives. */
  first(id: string): readonly LayerRecord[] {
    return this.#layers.get(1)?.get(id) ?? NO_LIVES;
  }

  /** Whether no layer is known but the first version's. */
  get hasFirstOnly(): boolean {
    return this.#layers.size === Number(this.#layers.has(1));
  }

  /** The lives in which a record exists: several, where people made it while they were apart. */
  livesOf(id: string): readonly string[] {
    return livingOf([...this.#layers.values()].map((records) => records.get(id) ?? NO_LIVES));
  }

  /** The keys of a record that hide what lies below, with the version that wrote each. */
  *hidden(id: string): Iterable<Omit<Key, "id"> & { readonly version: number }> {
    for (const [version, records] of this.#layers) {
      for (const { life, values, parts } of records.get(id) ?? []) {
        for (const [field, value] of values) {
          if (value === undefined) yield { version, life, field, part: undefined };
        }
        for (const [field, own] of parts) {
          for (const [part, value] of own)
            if (value === undefined) yield { version, life, field, part };
        }
      }
    }
  }

  /** Whether anything is stored of a life of a record that is over. */
  hasDead(id: string): boolean {
    if (this.hasFirstOnly) return this.first(id).some(({ exists }) => !exists);
    const living = this.livesOf(id);
    for (const records of this.#layers.values()) {
      if (records.get(id)?.some(({ life }) => !living.includes(life))) return true;
    }
    return false;
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
    const lives = records.get(at.id) ?? [];
    let record = lives.find(({ life }) => life === at.life);
    if (!record) {
      if (stored === GONE) return at.id;
      record = { life: at.life, exists: undefined, values: new Map(), parts: NO_PARTS };
      records.set(at.id, [...lives, record]);
    }
    place(record, at, stored);
    if (isEmpty(record)) {
      const left = lives.filter((each) => each !== record);
      if (left.length > 0) records.set(at.id, left);
      else records.delete(at.id);
    }
    return at.id;
  }

  /** The keys that one version wrote of a record, but for those of some of its lives. */
  keysOf(version: number, id: string, but: readonly string[] = []): readonly string[] {
    const lives = (this.#layers.get(version)?.get(id) ?? []).filter(
      ({ life }) => !but.includes(life),
    );
    return lives.flatMap(({ life, exists, values, parts }) => [
      ...(exists === undefined ? [] : [recordKey(id, life)]),
      ...[...values.keys()].map((field) => fieldKey(id, field, life)),
      ...[...parts].flatMap(([field, each]) =>
        [...each.keys()].map((part) => partKey(id, field, part, life)),
      ),
    ]);
  }

  /** As it is now: what is put later does not change it. */
  copy(): RecordTable {
    const stamps = new Map<string, number>();
    const nameOf = (version: number, key: string): string => `${version} ${key}`;
    for (const [version, records] of this.#layers) {
      for (const id of records.keys()) {
        // Only where several lives are read as one it matters when something was written.
        if (this.livesOf(id).length < 2) continue;
        for (const key of this.keysOf(version, id)) {
          stamps.set(nameOf(version, key), this.#stampOf(version, key));
        }
      }
    }
    const copied = new RecordTable((version, key) => stamps.get(nameOf(version, key)) ?? 0);
    copied.#layers = new Map(
      [...this.#layers].map(([version, records]) => [
        version,
        new Map([...records].map(([id, lives]) => [id, lives.map(copyOf)])),
      ]),
    );
    return copied;
  }

  #layer(version: number): Map<string, readonly LayerRecord[]> {
    const known = this.#layers.get(version);
    if (known) return known;
    const made = new Map<string, readonly LayerRecord[]>();
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

function copyOf({ life, exists, values, parts }: LayerRecord): LayerRecord {
  const own = new OwnParts([...parts].map(([field, each]) => [field, new Map(each)]));
  return { life, exists, values: new Map(values), parts: own.size > 0 ? own : NO_PARTS };
}

function store(into: Map<string, unknown>, key: string, value: unknown): void {
  if (value === GONE) into.delete(key);
  else into.set(key, value);
}

function isEmpty({ exists, values, parts }: LayerRecord): boolean {
  return exists === undefined && values.size + parts.size === 0;
}
