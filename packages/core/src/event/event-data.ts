/** What an event carries, as bytes: JSON, so that a peer in any language reads it. */

import { CroftError } from "../errors.ts";
import { MAX_EVENT_BYTES } from "../protocol/limits.ts";

/** How deep data may be nested. */
const MAX_DEPTH = 64;

/**
 * Encodes what is published.
 *
 * @throws CroftError `input/invalid` when it is not JSON, or too large.
 */
export function encodeEvent(topic: string, data: unknown): Uint8Array {
  const problem = problemOf(data, 0);
  if (problem !== undefined) {
    throw new CroftError("input/invalid", `What was published to ${topic} has ${problem} in it.`, {
      hint: "To other devices only null, booleans, finite numbers, texts, arrays and plain objects can go.",
    });
  }
  const bytes = new TextEncoder().encode(JSON.stringify(data));
  if (bytes.length > MAX_EVENT_BYTES) {
    throw new CroftError(
      "input/invalid",
      `What was published to ${topic} has ${bytes.length} bytes; ${MAX_EVENT_BYTES} are allowed.`,
      { hint: "Keep content in documents, and tell where it is." },
    );
  }
  return bytes;
}

/** Decodes what came; another device's nonsense is nothing. */
export function decodeEvent(bytes: Uint8Array): { readonly data: unknown } | undefined {
  try {
    const data: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return problemOf(data, 0) === undefined ? { data } : undefined;
  } catch {
    return undefined;
  }
}

/** What in it is not JSON, in words. */
function problemOf(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `more than ${MAX_DEPTH} levels`;
  switch (typeof value) {
    case "boolean":
    case "string":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : String(value);
    case "object":
      break;
    default:
      return `a value of the type ${typeof value}`;
  }
  if (value === null) return undefined;
  if (Array.isArray(value)) return firstProblem(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return "an object of a class";
  }
  // A field that is not given is left out.
  return firstProblem(
    Object.values(value).filter((field) => field !== undefined),
    depth,
  );
}

function firstProblem(values: readonly unknown[], depth: number): string | undefined {
  for (const value of values) {
    const problem = problemOf(value, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
