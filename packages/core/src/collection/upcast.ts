/** Reads what older versions of a collection wrote as the present one would have written it. */

import { Sum } from "../hash.ts";
import type { CollectionDefinition } from "./define-collection.ts";
import type { SetMember } from "./field.ts";
import { memberPart, positionPart } from "./layout.ts";
import { positionsAt } from "./list-positions.ts";
import type { RecordIssue } from "./record-error.ts";
import type { LayerRecord, StoredRecord } from "./record-table.ts";

/**
 * Plain fields of a record, by name, as a step gets them. Any of them may be missing, whatever the schema of their version
 * says: they are not checked before, and an optional one, or one with a default, need not be stored.
 */
export type PlainFields = Readonly<Record<string, unknown>>;

/**
 * How records of one version become records of the next: new names of fields of any kind, or a function of the
 * plain fields, any of which may be missing. The function must depend on them alone, so that it makes the same of
 * them on every device; what it returns for a field that is a list, a set or a counter now is what that starts from: an array, or a number.
 */
export type Step =
  | { readonly rename: Readonly<Record<string, string>> }
  | ((fields: PlainFields) => PlainFields);

/** One record, as its layers make it together; the oldest comes first. */
export function foldLayers(
  { version: present, steps, fields }: CollectionDefinition,
  layers: readonly (readonly [version: number, record: LayerRecord])[],
): StoredRecord {
  const folding = new Folding();
  let reached = 1;
  for (const [version, record] of layers) {
    for (; reached < Math.min(version, present); reached++)
      folding.step(steps[reached - 1], reached + 1);
    folding.overlay(record);
  }
  for (; reached < present; reached++) folding.step(steps[reached - 1], reached + 1);
  return folding.finish(fields);
}

class Folding {
  #exists: boolean | undefined;
  #values = new Map<string, unknown>();
  #parts = new Map<string, Map<string, unknown>>();
  /** Why the values are those of an older version. */
  #issue: RecordIssue | undefined;

  overlay({ exists, values, parts }: LayerRecord): void {
    if (exists) this.#makeRoom();
    this.#exists = exists ?? this.#exists;
    for (const [field, value] of values) this.#values.set(field, value);
    for (const [field, each] of parts) {
      this.#parts.set(field, new Map([...(this.#parts.get(field) ?? []), ...each]));
    }
  }

  step(step: Step | undefined, version: number): void {
    // There is no record yet.
    if (!step || !this.#exists) return;
    if (typeof step !== "function") {
      this.#parts = renamed(this.#parts, step.rename);
      if (!this.#issue) this.#values = renamed(this.#values, step.rename);
    } else if (!this.#issue) this.#change(step, version);
  }

  finish(fields: CollectionDefinition["fields"]): StoredRecord {
    for (const [field, { kind }] of fields) {
      const value = this.#values.get(field);
      if (value === undefined) continue;
      const parts = partsFrom(kind, value);
      // What newer versions made of those parts, or hid of them, holds.
      if (parts) this.#parts.set(field, new Map([...parts, ...(this.#parts.get(field) ?? [])]));
    }
    const parts = new Map<string, ReadonlyMap<string, unknown>>();
    for (const [field, each] of this.#parts) {
      const left = withoutHidden(each);
      if (left.size > 0) parts.set(field, left);
    }
    return {
      exists: this.#exists,
      values: withoutHidden(this.#values),
      parts,
      ...(this.#issue && { issues: [this.#issue] }),
    };
  }

  /**
   * A newer version made the record, too, or mended it: of the older ones it takes what they have of theirs. What they
   * left of one that was deleted is none, and what could not be brought up to date does not spoil it.
   */
  #makeRoom(): void {
    if (!this.#exists) this.#parts.clear();
    if (!this.#exists || this.#issue) this.#values.clear();
    this.#issue = undefined;
  }

  #change(step: (fields: PlainFields) => PlainFields, version: number): void {
    // In the order of their names: the other one is that in which they arrived.
    const before = [...withoutHidden(this.#values)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    try {
      // The document's own objects are not for a step to change.
      const after: unknown = step(Object.fromEntries(structuredClone(before)));
      if (!isFields(after)) throw new TypeError("it returned no fields");
      this.#values = new Map(Object.entries(after));
    } catch (error) {
      const message = `it could not be brought to version ${version} (${String(error)})`;
      this.#issue = { path: [], message };
    }
  }
}

function isFields(value: unknown): value is PlainFields {
  const isObject = typeof value === "object" && value !== null;
  return isObject && !Array.isArray(value) && !(value instanceof Promise);
}

/** The names of fields that are plain values. */
export function plainFields(fields: CollectionDefinition["fields"]): readonly string[] {
  return [...fields].flatMap(([field, { kind }]) => (kind === "value" ? [field] : []));
}

/** What a field is called after a step. */
export function nameAfter(field: string, step: Step): string {
  if (typeof step === "function" || !Object.hasOwn(step.rename, field)) return field;
  return step.rename[field] ?? field;
}

function renamed<T>(
  fields: ReadonlyMap<string, T>,
  names: Readonly<Record<string, string>>,
): Map<string, T> {
  const given = new Set(Object.values(names));
  const after = new Map<string, T>();
  for (const [field, value] of fields) {
    // Another field that had one of the new names gives way, whichever came first.
    const name = Object.hasOwn(names, field) ? names[field] : given.has(field) ? undefined : field;
    if (name !== undefined) after.set(name, value);
  }
  return after;
}

function withoutHidden(stored: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  return new Map([...stored].filter(([, value]) => value !== undefined));
}

/** What was a plain value, as parts with names that are the same on every device; nothing if it stays plain. */
function partsFrom(kind: string, value: unknown): Map<string, unknown> | undefined {
  switch (kind) {
    case "counter":
      return new Map([["~", value]]);
    case "set":
      if (!Array.isArray(value)) return undefined;
      return new Map(value.filter(isMember).map((member) => [memberPart(member), true]));
    case "list":
      return Array.isArray(value) ? itemsFrom(value) : undefined;
    default:
      return undefined;
  }
}

/** Items are called by their value, so that they are the same ones where others were added or removed. */
function itemsFrom(values: readonly unknown[]): Map<string, unknown> {
  const parts = new Map<string, unknown>();
  const { inserted } = positionsAt([], 0, values.length);
  for (const [index, value] of values.entries()) {
    const name = `~${digestOf(value)}`;
    let item = name;
    for (let copy = 2; parts.has(item); copy++) item = `${name}.${copy}`;
    parts.set(item, value);
    parts.set(positionPart(item), inserted[index]);
  }
  return parts;
}

function digestOf(value: unknown): string {
  const sum = new Sum();
  try {
    sum.value(value);
  } catch {
    // Another program may have written what is no JSON; the schema will say so.
    sum.text("?");
  }
  return sum.digest();
}

function isMember(value: unknown): value is SetMember {
  return ["string", "number", "boolean"].includes(typeof value);
}
