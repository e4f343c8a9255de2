/** Plain data: what looks the same on both sides of every boundary. */

import { CroftError } from "@croft/core";

/** Deepest nesting of plain data. */
const MAX_DEPTH = 64;

/**
 * Copies plain data: values, lists, objects without a class, `Uint8Array`. Returns what is wrong otherwise, as a continuation
 * of "it". Reads each property once, so that what was checked is what is handed on.
 *
 * @param limit The size that the copy may have, in about as many bytes as it takes to send it.
 */
export function copyPlain(
  data: unknown,
  limit: number,
): { readonly copy: unknown } | { readonly problem: string } {
  let size = 0;
  const take = (bytes: number): void => {
    size += bytes;
    if (size > limit) throw new Unfit(`is larger than ${limit} bytes`);
  };
  const copy = (value: unknown, depth: number): unknown => {
    if (depth > MAX_DEPTH) throw new Unfit(`is nested deeper than ${MAX_DEPTH} levels`);
    take(8);
    switch (typeof value) {
      case "undefined":
      case "boolean":
      case "number":
        return value;
      case "string":
        // Not more than this in UTF-8, and not less than a third of it.
        take(value.length);
        return value;
      case "object":
        if (value === null) return value;
        if (value instanceof Uint8Array) {
          take(value.byteLength);
          return value.slice();
        }
        return Array.isArray(value) ? copyList(value, depth) : copyObject(value, depth);
      default:
        throw new Unfit(`has a ${typeof value} in it`);
    }
  };
  const copyList = (list: readonly unknown[], depth: number): unknown[] => {
    // Before a list that is only long is walked.
    take(list.length);
    return Array.from(list, (value) => copy(value, depth + 1));
  };
  const copyObject = (value: object, depth: number): object => {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype && !isForeignObject(prototype)) {
      throw new Unfit("has an object of a class in it");
    }
    const made: Record<string, unknown> = {};
    for (const [key, part] of Object.entries(value)) {
      if (key === "__proto__") throw new Unfit("has a property `__proto__`");
      take(key.length);
      made[key] = copy(part, depth + 1);
    }
    return made;
  };
  try {
    return { copy: copy(data, 0) };
  } catch (error) {
    if (error instanceof Unfit) return { problem: error.problem };
    return { problem: "cannot be read" };
  }
}

/**
 * The same for who asks a person or a program to hand it over: `what` begins the message, as in "The arguments of stats/recount".
 *
 * @throws {@link CroftError} `input/invalid` when it is not plain, too deep or too large.
 */
export function copyPlainData(data: unknown, limit: number, what: string): unknown {
  const copied = copyPlain(data, limit);
  if ("copy" in copied) return copied.copy;
  const message = `${what} cannot be handed over: the data ${copied.problem}.`;
  throw new CroftError("input/invalid", message, {
    hint: "Hand over values, arrays and objects; no functions, no instances of classes.",
  });
}

/** `Object.prototype` of another realm: a plain object all the same. */
function isForeignObject(prototype: unknown): boolean {
  return (
    typeof prototype === "object" &&
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, "isPrototypeOf")
  );
}

class Unfit extends Error {
  readonly problem: string;

  constructor(problem: string) {
    super(problem);
    this.problem = problem;
  }
}
