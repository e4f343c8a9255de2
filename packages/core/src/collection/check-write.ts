/** Checks what is to be written, whole, before anything of it is. */

import { equalityDeep } from "lib0/function";
import { checkStored } from "./check-value.ts";
import type { CollectionDefinition } from "./define-collection.ts";
import type { FieldKind, SetMember } from "./field.ts";
import type { RecordIssue } from "./record-error.ts";
import type { StoredRecord } from "./record-table.ts";

/** What is to be written. */
export interface Writes {
  readonly issues?: undefined;
  /** Plain fields; `undefined` removes one. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly counters: ReadonlyMap<string, number>;
  readonly sets: ReadonlyMap<string, readonly SetMember[]>;
  readonly lists: ReadonlyMap<string, readonly unknown[]>;
  readonly texts: ReadonlyMap<string, string>;
}

/** What is wrong with what was to be written. */
export interface Misfit {
  readonly issues: readonly RecordIssue[];
}

type Input = Readonly<Record<string, unknown>>;

/** Checks the fields of a new record. */
export function checkInsert(definition: CollectionDefinition, input: Input): Writes | Misfit {
  const issues = unknownFields(definition, input);
  const values = new Map<string, unknown>();
  const counters = new Map<string, number>();
  const sets = new Map<string, readonly SetMember[]>();
  const lists = new Map<string, readonly unknown[]>();
  const texts = new Map<string, string>();
  for (const [field, kind] of definition.fields) {
    // Not what every object has by that name.
    const given = Object.hasOwn(input, field) ? input[field] : undefined;
    if (kind.kind === "value") {
      checkField(definition, field, given, values, issues);
      continue;
    }
    if (given === undefined) continue;
    switch (kind.kind) {
      case "counter":
        if (typeof given === "number" && Number.isFinite(given)) counters.set(field, given);
        else issues.push(wrong(field, "a finite number is wanted"));
        break;
      case "text":
        if (typeof given === "string") texts.set(field, given);
        else issues.push(wrong(field, "a string is wanted"));
        break;
      case "rich-text":
        issues.push(wrong(field, "it is empty at first: write into it when the record is there"));
        break;
      case "set":
        if (isIterable(given)) sets.set(field, checkAll(kind, given, field, issues) as SetMember[]);
        else issues.push(wrong(field, "a list of members is wanted"));
        break;
      case "list":
        if (Array.isArray(given)) lists.set(field, checkAll(kind, given, field, issues));
        else issues.push(wrong(field, "an array is wanted"));
        break;
    }
  }
  return issues.length > 0 ? { issues } : { values, counters, sets, lists, texts };
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** Checks changes of plain fields; those that change nothing are left away. */
export function checkUpdate(
  definition: CollectionDefinition,
  stored: StoredRecord,
  changes: Input,
): Writes | Misfit {
  const issues = unknownFields(definition, changes);
  const checked = new Map<string, unknown>();
  for (const field of Object.keys(changes)) {
    const kind = definition.fields.get(field)?.kind;
    if (kind === undefined) continue;
    if (kind === "value") checkField(definition, field, changes[field], checked, issues);
    else issues.push(wrong(field, `it is a ${kind}: change it by its own methods`));
  }
  if (issues.length > 0) return { issues };
  const values = new Map<string, unknown>();
  for (const [field, value] of checked) {
    if (!equalityDeep(value, stored.values.get(field))) values.set(field, value);
  }
  return { values, counters: NONE, sets: NONE, lists: NONE, texts: NONE };
}

/** Checks one item of a list, or one member of a set. */
export function checkItem(
  kind: Extract<FieldKind, { readonly item: unknown }>,
  given: unknown,
  path: readonly PropertyKey[],
): { readonly value: unknown; readonly issues?: undefined } | Misfit {
  return checkStored(kind.item, given, path);
}

function checkField(
  { shape }: CollectionDefinition,
  field: string,
  given: unknown,
  into: Map<string, unknown>,
  issues: RecordIssue[],
): void {
  const schema = shape[field];
  if (!schema) return;
  const checked = checkStored(schema, given, [field]);
  if (checked.issues) issues.push(...checked.issues);
  else into.set(field, checked.value);
}

function checkAll(
  kind: Extract<FieldKind, { readonly item: unknown }>,
  given: Iterable<unknown>,
  field: string,
  issues: RecordIssue[],
): unknown[] {
  return [...given].flatMap((each, index) => {
    const checked = checkItem(kind, each, [field, index]);
    if (!checked.issues) return [checked.value];
    issues.push(...checked.issues);
    return [];
  });
}

function unknownFields({ name, fields }: CollectionDefinition, input: Input): RecordIssue[] {
  return Object.keys(input)
    .filter((field) => !fields.has(field))
    .map((field) =>
      wrong(field, `“${name}” has ${[...fields.keys()].join(", ")}, and no such field`),
    );
}

function wrong(field: string, message: string): RecordIssue {
  return { path: [field], message };
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
