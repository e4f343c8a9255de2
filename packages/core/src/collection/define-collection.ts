/** Declares a collection: its name, its fields, and the types that follow from them. */

import { CroftError } from "../errors.ts";
import type { InputOf, OutputOf, StandardSchema } from "../standard-schema.ts";
import {
  type CounterField,
  type FieldKind,
  kindOf,
  type ListField,
  type RichTextField,
  type SetField,
  type SetMember,
  type TextField,
  wrappedKind,
} from "./field.ts";
import type { Step } from "./upcast.ts";

/** The schemas of a collection's fields, by name. */
export type Shape = Readonly<Record<string, StandardSchema>>;

/** A declared collection: the same object may be used for any number of documents. */
export interface CollectionDefinition<S extends Shape = Shape> {
  readonly name: string;
  readonly shape: S;
  /** How each field is kept. */
  readonly fields: ReadonlyMap<string, FieldKind>;
  /** The plain fields by whose value records are found without looking at all of them. */
  readonly indexes: readonly string[];
  /** Which version of the schema this is: one more than there are steps. */
  readonly version: number;
  readonly steps: readonly Step[];
  /** What each field was called when there first was one. */
  readonly firstNames: ReadonlyMap<string, string>;
}

/** Options of {@link defineCollection}. */
export interface CollectionOptions<S extends Shape> {
  /**
   * Plain fields that queries look up by value; fields made by {@link ref} always are. Each costs memory, and
   * a little at each change.
   */
  readonly indexes?: readonly (ValueKeys<S> & string)[] | undefined;
  /**
   * How each version of the schema follows from the one before it, the oldest step first; default: none, this
   * is version 1. Steps are only ever appended: a document may be as old as the first of them. A new optional
   * field, or one with a default, needs no step. Any field may be missing where a step is a function.
   *
   * @example
   * ```ts
   * const tasks = defineCollection(
   *   "tasks",
   *   { name: z.string(), rank: z.number() },
   *   {
   *     steps: [
   *       { rename: { title: "name" } },
   *       ({ priority, ...others }) => ({ ...others, rank: priority === "high" ? 1 : 2 }),
   *     ],
   *   },
   * );
   * ```
   */
  readonly steps?: readonly Step[] | undefined;
}

/** The names of fields that have an order. */
export type OrderKeys<S extends Shape> = (ValueKeys<S> | KeysThat<S, CounterField> | "id") & string;

/** Values that fields must have. */
export type WhereOf<S extends Shape> = Simplify<{
  readonly [K in ValueKeys<S>]?: OutputOf<S[K]>;
}>;

/** An item of a list. */
export interface ListItem<T> {
  /** Stays the same when the item is moved or changed. */
  readonly id: string;
  readonly value: T;
}

/** Fields that are edited in place, and are not part of a record. */
type InPlace = TextField | RichTextField;
/** Fields of which a record shows a copy. */
type Merged = CounterField | ListField | SetField;

type Shown<F> = F extends CounterField
  ? number
  : F extends ListField<infer T>
    ? readonly ListItem<Frozen<T>>[]
    : F extends SetField<infer T>
      ? ReadonlySet<T>
      : Frozen<F>;

/** Read only in all its depth, as what is read is. */
type Frozen<T> =
  IsAny<T> extends true
    ? T
    : T extends string | number | boolean | null | undefined | Uint8Array
      ? T
      : T extends object
        ? { readonly [K in keyof T]: Frozen<T[K]> }
        : T;

type Simplify<T> = { [K in keyof T]: T[K] } & {};
type IsAny<T> = 0 extends 1 & T ? true : false;
/** `any` would fit every kind. */
type KeysThat<S extends Shape, Kind> = {
  [K in keyof S]: IsAny<OutputOf<S[K]>> extends true
    ? never
    : OutputOf<S[K]> extends Kind
      ? K
      : never;
}[keyof S];
/** The names of fields that are plain values. */
type ValueKeys<S extends Shape> = Exclude<keyof S, KeysThat<S, InPlace | Merged>>;
type OptionalKeys<S extends Shape, Side extends "in" | "out"> = {
  [K in ValueKeys<S>]: undefined extends (Side extends "in" ? InputOf<S[K]> : OutputOf<S[K]>)
    ? K
    : never;
}[ValueKeys<S>];

/** A record as it is read: plain, frozen data. */
export type RecordOf<S extends Shape> = Simplify<
  { readonly id: string } & {
    readonly [K in Exclude<keyof S, KeysThat<S, InPlace> | OptionalKeys<S, "out">>]: Shown<
      OutputOf<S[K]>
    >;
  } & { readonly [K in OptionalKeys<S, "out">]?: Frozen<OutputOf<S[K]>> }
>;

/** What a record is made from. */
export type InsertOf<S extends Shape> = Simplify<
  {
    /** Default: random. */
    readonly id?: string;
  } & {
    readonly [K in Exclude<ValueKeys<S>, OptionalKeys<S, "in">>]: InputOf<S[K]>;
  } & { readonly [K in OptionalKeys<S, "in">]?: InputOf<S[K]> } & {
    readonly [K in KeysThat<S, Merged | TextField>]?: Initial<OutputOf<S[K]>>;
  }
>;

type Initial<F> = F extends TextField
  ? string
  : F extends CounterField
    ? number
    : F extends ListField<infer T>
      ? readonly T[]
      : F extends SetField<infer T>
        ? Iterable<T>
        : never;

/** The plain fields of a record that are to be others; `undefined` removes an optional one. */
export type UpdateOf<S extends Shape> = Simplify<
  { readonly [K in Exclude<ValueKeys<S>, OptionalKeys<S, "in">>]?: InputOf<S[K]> } & {
    readonly [K in OptionalKeys<S, "in">]?: InputOf<S[K]> | undefined;
  }
>;

/** The names of the text fields. */
export type TextKeys<S extends Shape> = KeysThat<S, TextField> & string;
/** The names of the rich text fields. */
export type RichTextKeys<S extends Shape> = KeysThat<S, RichTextField> & string;
/** The names of the counters. */
export type CounterKeys<S extends Shape> = KeysThat<S, CounterField> & string;
/** The names of the list fields. */
export type ListKeys<S extends Shape> = KeysThat<S, ListField> & string;
/** The names of the set fields. */
export type SetKeys<S extends Shape> = KeysThat<S, SetField> & string;
/** What a list or set field holds. */
export type MemberOf<S extends Shape, K extends keyof S> =
  OutputOf<S[K]> extends ListField<infer T>
    ? T
    : OutputOf<S[K]> extends SetField<infer T extends SetMember>
      ? T
      : never;

/** `/` divides names in the document's keys. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** An object schema, such as `z.object`, tells its fields. */
type ObjectSchema<S extends Shape> = StandardSchema & { readonly shape: S };

/**
 * Declares a collection of records.
 *
 * @param name Names the collection in each document that holds one; two collections of a document have
 * different names. Letters, digits, `_` and `-`, at most 64.
 * @param schema A zod object, or an object of schemas of any library that speaks Standard Schema. Rules
 * that span several fields are not checked: two people may change different ones at once.
 * @throws CroftError `input/invalid` when a name cannot be, or a field cannot be kept.
 * @example
 * ```ts
 * const tasks = defineCollection(
 *   "tasks",
 *   z.object({
 *     title: z.string().max(200),
 *     done: z.boolean().default(false),
 *     votes: counter(),
 *     tags: set(z.string()),
 *     steps: list(z.string()),
 *     notes: richText(),
 *   }),
 * );
 * ```
 */
export function defineCollection<S extends Shape>(
  name: string,
  schema: ObjectSchema<S>,
  options?: CollectionOptions<S>,
): CollectionDefinition<S>;
export function defineCollection<S extends Shape>(
  name: string,
  schema: S,
  options?: CollectionOptions<S>,
): CollectionDefinition<S>;
export function defineCollection<S extends Shape>(
  name: string,
  schema: S | ObjectSchema<S>,
  { indexes = [], steps = [] }: CollectionOptions<S> = {},
): CollectionDefinition<S> {
  if (!NAME.test(name)) {
    throw invalid(`“${name}” cannot name a collection.`, "Use letters, digits, _ and -.");
  }
  const shape = isObjectSchema(schema) ? schema.shape : schema;
  const fields = new Map<string, FieldKind>();
  for (const [field, of] of Object.entries(shape)) {
    const place = `The field “${field}” of the collection “${name}”`;
    if (!NAME.test(field) || field === "id") {
      throw invalid(`${place} cannot be called so.`, "Use letters, digits, _ and -, and not “id”.");
    }
    // Schemas of some libraries are functions.
    if ((typeof of !== "object" && typeof of !== "function") || !("~standard" in of)) {
      throw invalid(`${place} has no schema.`, "Use a schema of zod, or text(), list() and so on.");
    }
    const wrapped = wrappedKind(of);
    if (wrapped) {
      throw invalid(
        `${place} is optional, nullable or has a default, and is a ${wrapped}.`,
        "It is always there, and empty at first: leave that away.",
      );
    }
    fields.set(field, kindOf(of));
  }
  for (const field of indexes) {
    if (fields.get(field)?.kind === "value") continue;
    throw invalid(`“${name}” has no plain field “${field}”.`, "Only plain fields have an index.");
  }
  for (const [index, step] of steps.entries()) {
    if (typeof step === "function") continue;
    const given = Object.values(step.rename);
    const twice = given.find((to, at) => given.indexOf(to) !== at);
    if (twice === undefined) continue;
    throw invalid(
      `Step ${index + 1} of “${name}” calls two fields “${twice}”.`,
      "Make one field of two plain ones with a function.",
    );
  }
  const refs = [...fields].flatMap(([field, kind]) =>
    kind.kind === "value" && kind.refersTo !== undefined ? [field] : [],
  );
  return {
    name,
    shape,
    fields,
    indexes: [...new Set([...refs, ...indexes])],
    version: steps.length + 1,
    steps,
    firstNames: new Map([...fields.keys()].map((field) => [field, firstName(field, steps)])),
  };
}

/** A field that has the name which another one had in an older version is called by its version too. */
function firstName(field: string, steps: readonly Step[]): string {
  let name = field;
  for (const [index, step] of [...steps.entries()].toReversed()) {
    if (typeof step === "function") continue;
    const former = Object.entries(step.rename).find(([, to]) => to === name)?.[0];
    if (former !== undefined) name = former;
    else if (Object.hasOwn(step.rename, name)) return `${name}@${index + 2}`;
  }
  return name;
}

function isObjectSchema<S extends Shape>(schema: S | ObjectSchema<S>): schema is ObjectSchema<S> {
  return typeof schema["~standard"] === "object" && "shape" in schema;
}

function invalid(message: string, hint: string): CroftError {
  return new CroftError("input/invalid", message, { hint });
}
