/** Makes records for people from what is stored, and tells of those that do not fit their schema. */

import type { StandardSchema } from "../standard-schema.ts";
import { checkValue, frozen } from "./check-value.ts";
import type { CollectionDefinition, ListItem } from "./define-collection.ts";
import type { SetMember } from "./field.ts";
import { positionedItem, positionPart } from "./layout.ts";
import type { RecordIssue } from "./record-error.ts";
import type { StoredRecord } from "./record-table.ts";

/** A record as it is stored, which does not fit its schema. It stays as it is until somebody mends it. */
export interface InvalidRecord {
  readonly id: string;
  /** Its fields, unchecked. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly issues: readonly RecordIssue[];
}

/** A record, or why it is none. */
export type ReadRecord =
  | { readonly record: Readonly<Record<string, unknown>>; readonly invalid?: undefined }
  | { readonly invalid: InvalidRecord };

const NOTHING: ReadonlyMap<string, unknown> = new Map();

/** Reads one record. */
export function readRecord(
  { shape, fields }: CollectionDefinition,
  id: string,
  { values, parts, issues: fromSteps = [] }: StoredRecord,
): ReadRecord {
  const record: Record<string, unknown> = { id };
  // Where a step failed, the fields of the older version are what there is.
  const raw: Record<string, unknown> = {};
  if (fromSteps.length > 0) for (const [field, value] of values) raw[field] = frozen(value);
  const issues: RecordIssue[] = [...fromSteps];
  for (const [field, kind] of fields) {
    const schema = shape[field];
    if (!schema) continue;
    const stored = parts.get(field) ?? NOTHING;
    switch (kind.kind) {
      case "value": {
        const value = values.get(field);
        // Not the document's own: who mends it may change it before it is written.
        if (value !== undefined) raw[field] = frozen(value);
        const checked = checkValue(schema, value, [field]);
        if (checked.issues) issues.push(...checked.issues);
        else if (checked.value !== undefined) record[field] = frozen(checked.value);
        break;
      }
      case "counter":
        record[field] = raw[field] = sum(stored);
        break;
      case "set":
        record[field] = raw[field] = readSet(stored, kind.item, field, issues);
        break;
      case "list":
        record[field] = raw[field] = readList(stored, kind.item, field, issues);
        break;
      default:
        // Texts are not part of a record.
        break;
    }
  }
  if (issues.length > 0) return { invalid: { id, raw: Object.freeze(raw), issues } };
  return { record: Object.freeze(record) };
}

/** What a counter's parts add up to: a finite number, whatever somebody wrote. */
export function sum(parts: ReadonlyMap<string, unknown>): number {
  let total = 0;
  // In one order for everybody: in another one fractions add up to another last digit.
  for (const [, part] of [...parts].toSorted(([a], [b]) => compare(a, b))) {
    if (Number.isFinite(part)) total += part as number;
  }
  return Math.max(-Number.MAX_VALUE, Math.min(total, Number.MAX_VALUE));
}

/** The members of a set, in the order of their keys, which is the same for everybody. */
export function membersOf(parts: ReadonlyMap<string, unknown>): readonly SetMember[] {
  return [...parts.keys()].toSorted().flatMap((part) => parseMember(part) ?? []);
}

function parseMember(part: string): SetMember | undefined {
  try {
    const member: unknown = JSON.parse(part);
    const fits = ["string", "number", "boolean"].includes(typeof member);
    return fits ? (member as SetMember) : undefined;
  } catch {
    return undefined;
  }
}

function readSet(
  parts: ReadonlyMap<string, unknown>,
  schema: StandardSchema,
  field: string,
  issues: RecordIssue[],
): ReadonlySet<unknown> {
  const members = new Set<unknown>();
  for (const member of membersOf(parts)) {
    const checked = checkValue(schema, member, [field, member.toString()]);
    if (checked.issues) issues.push(...checked.issues);
    else members.add(checked.value);
  }
  return frozenSet(members);
}

/** Freezing an object does not keep a set from being changed. */
function frozenSet(members: Set<unknown>): ReadonlySet<unknown> {
  const refuse = (): never => {
    throw new TypeError("a record is read only: change its set with `collection.set(id, field)`");
  };
  for (const method of ["add", "delete", "clear"]) {
    Object.defineProperty(members, method, { value: refuse });
  }
  return Object.freeze(members);
}

/** The items of a list in their order; those at one position, which two people chose at once, by id. */
export function itemsOf(
  parts: ReadonlyMap<string, unknown>,
): readonly (ListItem<unknown> & { readonly position: string })[] {
  const items: (ListItem<unknown> & { readonly position: string })[] = [];
  for (const [part, value] of parts) {
    if (positionedItem(part) !== undefined) continue;
    const position = parts.get(positionPart(part));
    // Somebody has deleted it while another one changed its value.
    if (position === undefined) continue;
    items.push({ id: part, value, position: typeof position === "string" ? position : "" });
  }
  return items.toSorted((a, b) => compare(a.position, b.position) || compare(a.id, b.id));
}

function readList(
  parts: ReadonlyMap<string, unknown>,
  schema: StandardSchema,
  field: string,
  issues: RecordIssue[],
): readonly ListItem<unknown>[] {
  return Object.freeze(
    itemsOf(parts).map(({ id, value }, index) => {
      const checked = checkValue(schema, value, [field, index]);
      if (checked.issues) issues.push(...checked.issues);
      return Object.freeze({ id, value: frozen(checked.issues ? value : checked.value) });
    }),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
