/**
 * The fields of a collection. A plain schema is a register: the last writer wins. The functions here make
 * schemas for fields of which two people can change different parts at once; they stand in a zod object
 * like any other.
 */

import * as z from "zod/mini";
import type { StandardSchema } from "../standard-schema.ts";

declare const CRDT: unique symbol;

/** The type that {@link text} gives its field: a `Y.Text`. */
export interface TextField {
  readonly [CRDT]: "text";
}
/** The type that {@link richText} gives its field: a `Y.XmlFragment`. */
export interface RichTextField {
  readonly [CRDT]: "rich-text";
}
/** The type that {@link counter} gives its field: a number that adds up. */
export interface CounterField {
  readonly [CRDT]: "counter";
}
/** The type that {@link list} gives its field. */
export interface ListField<out T = unknown> {
  readonly [CRDT]: "list";
  readonly item: T;
}
/** The type that {@link set} gives its field. */
export interface SetField<out T extends SetMember = SetMember> {
  readonly [CRDT]: "set";
  readonly member: T;
}
/** What a set may hold. */
export type SetMember = string | number | boolean;

/** How a field is kept. */
export type FieldKind =
  | { readonly kind: "value"; readonly refersTo?: string | undefined }
  | { readonly kind: "text" | "rich-text" | "counter" }
  | { readonly kind: "list" | "set"; readonly item: StandardSchema };

/** Where a schema says how its field is kept; shared by all copies of this module in a program. */
const KIND: unique symbol = Symbol.for("croft.collection.field");

function mark<S extends object>(schema: S, kind: FieldKind): S {
  return Object.defineProperty(schema, KIND, { value: kind });
}

/**
 * A text that several people type in at once. Read and edit it as `Y.Text` by
 * {@link Collection.text}; it is not part of the record.
 */
export function text(): z.ZodMiniType<TextField, TextField> {
  return mark(z.custom<TextField>(), { kind: "text" });
}

/** As {@link text}, for editors of formatted text such as ProseMirror and Tiptap: a `Y.XmlFragment`. */
export function richText(): z.ZodMiniType<RichTextField, RichTextField> {
  return mark(z.custom<RichTextField>(), { kind: "rich-text" });
}

/** A number that adds up: of what two people add at once both counts. */
export function counter(): z.ZodMiniType<CounterField, CounterField> {
  return mark(z.custom<CounterField>(), { kind: "counter" });
}

/**
 * An ordered list. Items are told apart by an id; inserting, changing, moving and deleting them merges,
 * and an item is never in two places.
 */
export function list<S extends StandardSchema>(
  item: S,
): z.ZodMiniType<ListField<OutputOfSchema<S>>, ListField<OutputOfSchema<S>>> {
  return mark(z.custom<ListField<OutputOfSchema<S>>>(), { kind: "list", item });
}

/** A set of plain values. What one person adds while another one removes it stays. */
export function set<S extends StandardSchema<SetMember>>(
  member: S,
): z.ZodMiniType<SetField<OutputOfSchema<S>>, SetField<OutputOfSchema<S>>> {
  return mark(z.custom<SetField<OutputOfSchema<S>>>(), { kind: "set", item: member });
}

/** The id of a record of another collection: a register. It may point at nothing, as links do. */
export function ref(collection: string): z.ZodMiniString<string> {
  const error = `the id of a record of “${collection}” is wanted`;
  const id = z.string({ error }).check(z.minLength(1, { error }));
  return mark(id, { kind: "value", refersTo: collection });
}

type OutputOfSchema<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"];

/** How a field with this schema is kept. */
export function kindOf(schema: StandardSchema): FieldKind {
  return ownKind(schema) ?? { kind: "value", refersTo: refersTo(schema) };
}

/** The kind that is wrapped, in an optional or a default; it cannot be. */
export function wrappedKind(schema: StandardSchema): FieldKind["kind"] | undefined {
  if (ownKind(schema)) return undefined;
  const kind = innermost(schema)?.kind;
  return kind === "value" ? undefined : kind;
}

function refersTo(schema: StandardSchema): string | undefined {
  const kind = innermost(schema);
  return kind?.kind === "value" ? kind.refersTo : undefined;
}

function ownKind(schema: object): FieldKind | undefined {
  return (schema as { readonly [KIND]?: FieldKind })[KIND];
}

/** Zod tells what its optional, nullable and default wrap; other libraries do not. */
function innermost(schema: object): FieldKind | undefined {
  let inner: object | undefined = schema;
  while (inner) {
    const kind = ownKind(inner);
    if (kind) return kind;
    inner = (inner as { readonly _zod?: { readonly def?: { readonly innerType?: object } } })._zod
      ?.def?.innerType;
  }
  return undefined;
}
