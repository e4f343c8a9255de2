/**
 * Passes over the content of a struct and says how many clocks it takes. Under {@link ContentRules}
 * it also refuses what Yjs can write but no hub takes. Builds no values.
 */

import type { ByteReader } from "./byte-reader.ts";
import { isForbiddenKeyAt } from "./forbidden-key.ts";
import { scanJson } from "./json-scan.ts";
import { MalformedUpdate } from "./malformed.ts";

/** What kind a struct is: the low five bits of its first byte. */
export const Kind = {
  /** Collected content of which only the length is left. */
  gc: 0,
  /** Deleted content of which the place is left. */
  deleted: 1,
  /** Values as JSON; not written since 2020. */
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  subdocument: 9,
  /** A gap in the clocks. */
  skip: 10,
} as const;

/** What a hub asks of content beyond being readable. */
export interface ContentRules {
  /** How deep values may be nested. */
  readonly maxDepth: number;
}

/** How deep values are followed without rules; lib0 itself fails at some thousands. */
const DEEPEST = 1000;

/** Type references: 0 array, 1 map, 2 text, 3 element, 4 fragment, 5 hook, 6 XML text. */
const LAST_TYPE = 6;

/** Passes over content of `kind`, which is neither `gc` nor `skip`; returns its clocks. */
export function skipContent(
  input: ByteReader,
  kind: number,
  rules: ContentRules | undefined,
): number {
  switch (kind) {
    case Kind.deleted:
      return input.uint();
    case Kind.binary:
      input.skip(input.uint());
      return 1;
    case Kind.string:
      return input.text();
    case Kind.embed:
      skipJson(input, rules);
      return 1;
    case Kind.format:
      skipKey(input, rules, "format");
      skipJson(input, rules);
      return 1;
    case Kind.type:
      skipType(input);
      return 1;
    case Kind.any: {
      const values = input.count(1);
      for (let i = 0; i < values; i++) skipAny(input, rules, rules?.maxDepth ?? DEEPEST);
      return values;
    }
    case Kind.json:
      return skipLegacy(input, rules);
    case Kind.subdocument:
      if (rules) throw new MalformedUpdate("subdocument", "subdocuments are not supported");
      input.text();
      skipAny(input, rules, DEEPEST);
      return 1;
    default:
      throw new MalformedUpdate("content", `no kind of content has the number ${kind}`);
  }
}

/** Passes over a text that becomes a key. */
export function skipKey(input: ByteReader, rules: ContentRules | undefined, what: string): void {
  input.text();
  if (rules && isForbiddenKeyAt(input.bytes, input.textStart, input.textEnd)) {
    throw new MalformedUpdate("key", `a ${what} has a forbidden key`);
  }
}

/** Passes over one value in lib0's "any" encoding. */
export function skipAny(input: ByteReader, rules: ContentRules | undefined, depth: number): void {
  switch (input.byte()) {
    case 127: // undefined
    case 126: // null
    case 121: // false
    case 120: // true
      return;
    case 125: // integer
      input.skipInt();
      return;
    case 124: // float32
      input.skip(4);
      return;
    case 123: // float64
    case 122: // bigint
      input.skip(8);
      return;
    case 119: // string
      input.text();
      return;
    case 118: {
      if (depth <= 0) throw tooDeep();
      const entries = input.count(2);
      for (let i = 0; i < entries; i++) {
        skipKey(input, rules, "value");
        skipAny(input, rules, depth - 1);
      }
      return;
    }
    case 117: {
      if (depth <= 0) throw tooDeep();
      const values = input.count(1);
      for (let i = 0; i < values; i++) skipAny(input, rules, depth - 1);
      return;
    }
    case 116: // bytes
      input.skip(input.uint());
      return;
    default:
      throw new MalformedUpdate("content", "a value has an unknown type");
  }
}

function skipJson(input: ByteReader, rules: ContentRules | undefined): void {
  input.text();
  if (rules) scanJson(input.bytes, input.textStart, input.textEnd, rules.maxDepth);
}

function skipType(input: ByteReader): void {
  const type = input.uint();
  if (type > LAST_TYPE) throw new MalformedUpdate("content", `no type has the number ${type}`);
  if (type === 3 || type === 5) input.text(); // the element's or the hook's name
}

function skipLegacy(input: ByteReader, rules: ContentRules | undefined): number {
  if (rules) throw new MalformedUpdate("legacy", "content in the old JSON form is not supported");
  const values = input.count(1);
  for (let i = 0; i < values; i++) input.text();
  return values;
}

function tooDeep(): MalformedUpdate {
  return new MalformedUpdate("depth", "a value is nested too deeply");
}
