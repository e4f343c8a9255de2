/** Checks one value against its schema, and that a document can hold it. */

import { equalityDeep } from "lib0/function";
import { CroftError } from "../errors.ts";
import type { StandardSchema } from "../standard-schema.ts";
import type { RecordIssue } from "./record-error.ts";

/** How deep a value may be nested. Hubs take a little more, since the log of keys is around it. */
const MAX_DEPTH = 60;

/** A value that fits, or what is wrong with it. */
export type Checked =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly RecordIssue[] };

/**
 * Checks a value.
 *
 * @param path Where the value is, for the issues.
 * @throws CroftError `input/invalid` when the schema answers later: what is read must be there at once.
 */
export function checkValue(
  schema: StandardSchema,
  value: unknown,
  path: readonly PropertyKey[],
): Checked {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) {
    throw new CroftError(
      "input/invalid",
      `The schema of “${path.map(String).join(".")}” is async.`,
      {
        hint: "Records are read at once: use a schema without async rules.",
      },
    );
  }
  if (!result.issues) return { value: result.value };
  return {
    issues: result.issues.map(({ message, path: inner = [] }) => ({
      path: [...path, ...inner.map((step) => (typeof step === "object" ? step.key : step))],
      message,
    })),
  };
}

/**
 * Checks a value that is to be stored: it must fit, be what a document can hold, and be read as it was written,
 * which transformations may not. What is returned is nobody else's.
 */
export function checkStored(
  schema: StandardSchema,
  value: unknown,
  path: readonly PropertyKey[],
): Checked {
  const checked = checkValue(schema, value, path);
  if (checked.issues || checked.value === undefined) return checked;
  const issue = unstorable(checked.value, path);
  if (issue) return { issues: [issue] };
  if (!Object.is(checked.value, value)) {
    const again = checkValue(schema, checked.value, path);
    if (again.issues || !equalityDeep(again.value, checked.value)) {
      const message = "its schema makes something else of it each time that it is read";
      return { issues: [{ path, message }] };
    }
  }
  return { value: copyOf(checked.value) };
}

/**
 * A copy of a plain value. Half a character, as of an emoji that was cut, is U+FFFD in it, which is what it
 * becomes on its way to others.
 */
function copyOf(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  // As in JSON there is one zero.
  if (value === 0) return 0;
  if (typeof value !== "object" || value === null) return value;
  // Not `slice`, which of Node's buffers is a view.
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(copyOf);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner === undefined ? [] : [[key.toWellFormed(), copyOf(inner)]],
    ),
  );
}

/** Keeps a value that is read from being changed by who reads it; bytes cannot be kept, and are copied. */
export function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  for (const [key, inner] of Object.entries(value)) {
    const kept = frozen(inner);
    if (kept !== inner) (value as Record<string, unknown>)[key] = kept;
  }
  return Object.freeze(value);
}

/** What a document cannot hold of a value that its schema allows; nothing if all of it. */
function unstorable(
  value: unknown,
  path: readonly PropertyKey[],
  depth = 0,
): RecordIssue | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : { path, message: `${value} cannot be stored` };
    case "object":
      break;
    case "undefined":
      return { path, message: "undefined cannot be stored" };
    default:
      return { path, message: `a ${typeof value} cannot be stored` };
  }
  if (value === null || value instanceof Uint8Array) return undefined;
  if (depth === MAX_DEPTH) {
    const top = path.slice(0, path.length - depth);
    return { path: top, message: `it is nested more than ${MAX_DEPTH} deep, or holds itself` };
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const issue = unstorable(item, [...path, index], depth + 1);
      if (issue) return issue;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return { path, message: `a ${value.constructor.name} cannot be stored: use plain data` };
  }
  for (const [key, inner] of Object.entries(value)) {
    if (key === "__proto__" || key === "constructor" || key === "prototype") {
      return { path: [...path, key], message: "no field can be called so" };
    }
    // As in JSON: what is undefined is not there.
    const issue = inner === undefined ? undefined : unstorable(inner, [...path, key], depth + 1);
    if (issue) return issue;
  }
  return undefined;
}
