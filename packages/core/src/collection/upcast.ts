/** Reads what older versions of a collection wrote as the present one would have written it. */

import { Sum } from "../hash.ts";
import type { CollectionDefinition } from "./define-collection.ts";
import { memberPart, positionPart } from "./layout.ts";
import { positionsAt } from "./list-positions.ts";
import type { RecordIssue } from "./record-error.ts";
import type { LayerRecord, StoredRecord } from "./record-table.ts";

/** Plain fields of a record, by name; any of them may be missing. */
export type PlainFields = Readonly<Record<string, unknown>>;

/**
 * How records of one version become records of the next: new names of fields of any kind, or a function of the
 * plain fields. The function must depend on them alone, so that it makes the same of them on every device; what
 * it returns for a field that is a list, a set or a counter now is what that starts from: an array, or a number.
 */
export type Step =
  | { readonly rename: Readonly<Record<string, string>> }
  | ((fields: PlainFields) => PlainFields);

/** One record, as its layers make it together; the oldest comes first. */
export function foldLayers(
  { version: present, steps, fields }: CollectionDefinition,
  layers: readonly (readonly [version: number, record: LayerRecord | undefined])[],
): StoredRecord {
  const folding = new Folding();
  let reached = 1;
  for (const [version, record] of layers) {
    for (; reached < Math.min(version, present); reached++)
      folding.step(steps[reached - 1], reached + 1);
    if (record) folding.overlay(record);
  }
  for (; reached < present; reached++) folding.step(steps[reached - 1], reached + 1);
  return folding.finish(fields);
}

class Folding {
  #exists: boolean | undefined;
  #values = new Map<string, unknown>();
  #parts = new Map<string, Map<string, unknown>>();
  readonly #issues: RecordIssue[] = [];
  /** Fields that were written since a step failed. */
  readonly #mended = new Set<string>();

  overlay({ exists, values, parts }: LayerRecord): void {
    this.#exists = exists ?? this.#exists;
    for (const [field, value] of values) {
      this.#values.set(field, value);
      if (this.#issues.length > 0) this.#mended.add(field);
    }
    for (const [field, each] of parts) {
      this.#parts.set(field, new Map([...(this.#parts.get(field) ?? []), ...each]));
    }
  }

  step(step: Step | undefined, version: number): void {
    if (!step) return;
    if (typeof step === "function") this.#change(step, version);
    else {
      this.#values = renamed(this.#values, step.rename);
      this.#parts = renamed(this.#parts, step.rename);
    }
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
    const isMended = plainFields(fields).every((field) => this.#mended.has(field));
    return {
      exists: this.#exists,
      values: withoutHidden(this.#values),
      parts,
      ...(this.#issues.length > 0 && !isMended && { issues: this.#issues }),
    };
  }

  #change(step: (fields: PlainFields) => PlainFields, version: number): void {
    const before = withoutHidden(this.#values);
    if (before.size === 0) return;
    try {
      // The document's own objects are not for a step to change.
      const after: unknown = step(Object.fromEntries(structuredClone(before)));
      if (typeof after !== "object" || after === null) throw new TypeError("it returned no fields");
      this.#values = new Map(Object.entries(after));
    } catch (error) {
      const message = `it could not be brought to version ${version} (${String(error)})`;
      this.#issues.push({ path: [], message });
    }
  }
}

/** The names of fields that are plain values. */
export function plainFields(fields: CollectionDefinition["fields"]): readonly string[] {
  return [...fields].flatMap(([field, { kind }]) => (kind === "value" ? [field] : []));
}

function renamed<T>(
  fields: ReadonlyMap<string, T>,
  names: Readonly<Record<string, string>>,
): Map<string, T> {
  return new Map(
    [...fields].map(([field, value]) => [
      Object.hasOwn(names, field) ? (names[field] ?? field) : field,
      value,
    ]),
  );
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
      return new Map(value.map((member) => [memberPart(member as string), true]));
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
    const sum = new Sum();
    sum.value(value);
    const name = `~${sum.digest()}`;
    let item = name;
    for (let copy = 2; parts.has(item); copy++) item = `${name}.${copy}`;
    parts.set(item, value);
    parts.set(positionPart(item), inserted[index]);
  }
  return parts;
}
