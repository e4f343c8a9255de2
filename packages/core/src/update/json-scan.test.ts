import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isForbiddenKey } from "./forbidden-key.ts";
import { scanJson } from "./json-scan.ts";
import { MalformedUpdate } from "./malformed.ts";

const encoder = new TextEncoder();

function scan(text: string, maxDepth = 8): string {
  const bytes = encoder.encode(`#${text}#`);
  try {
    scanJson(bytes, 1, bytes.length - 1, maxDepth);
    return "ok";
  } catch (error) {
    if (error instanceof MalformedUpdate) return error.code;
    throw error;
  }
}

/** What the scan must answer, told from the parsed value. */
function expected(text: string, maxDepth = 8): readonly string[] {
  let value: unknown;
  let forbidden = false;
  try {
    value = JSON.parse(text, (key, inner: unknown) => {
      forbidden ||= isForbiddenKey(key);
      return inner;
    });
  } catch {
    // What is wrong first decides.
    return ["json", "key", "depth"];
  }
  const bad = [...(forbidden ? ["key"] : []), ...(depthOf(value) > maxDepth ? ["depth"] : [])];
  return bad.length > 0 ? bad : ["ok"];
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

const names = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "a"),
);
const SYNTAX = Array.from('{}[]",:.-+eE019 \\u/tfn\n\0a\ufeff');
const values = fc.anything({
  key: names,
  values: [fc.string({ unit: "binary" }), fc.double(), fc.constant(null), fc.boolean()],
  maxDepth: 10,
});

describe("scanJson", () => {
  it("agrees with JSON.parse on what JSON.stringify writes", () => {
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        const text = JSON.stringify(value, undefined, space) ?? "undefined";
        expect(expected(text)).toContain(scan(text));
      }),
      { numRuns: 1000 },
    );
  });

  it("takes nothing that JSON.parse does not take, and refuses nothing that it does", () => {
    fc.assert(
      fc.property(
        values,
        fc.nat(),
        fc.string({ unit: fc.constantFrom(...SYNTAX) }),
        fc.nat(3),
        (value, where, insert, remove) => {
          const text = JSON.stringify(value) ?? "";
          const at = where % (text.length + 1);
          const changed = text.slice(0, at) + insert + text.slice(at + remove);
          expect(expected(changed)).toContain(scan(changed));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it.each([
    "",
    " ",
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "+1",
    "tru",
    "truex",
    "'a'",
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
    '"',
    "[1,]",
    "{,}",
    '{"a"}',
    "[",
    "\ufeff1",
    "NaN",
  ])("refuses %j", (text) => {
    expect(scan(text)).toBe("json");
  });

  it.each([
    " 1 ",
    "-0.5e-7",
    "1E+9",
    "[]",
    "{}",
    '{"":{}}',
    '"\\u005f\\"\\\\/"',
    "null",
    '"__proto__"',
  ])("takes %j", (text) => {
    expect(scan(text)).toBe("ok");
  });

  it("finds forbidden keys, also escaped ones, and only keys", () => {
    expect(scan('[{"a":{"__proto__":1}}]')).toBe("key");
    expect(scan(String.raw`{"__pr\u006fto__":1}`)).toBe("key");
    expect(scan(String.raw`{"__pr\u006eto__":"__proto__"}`)).toBe("ok");
  });

  it("finds the depth before it fails by itself", () => {
    expect(scan("[".repeat(100_000), 64)).toBe("depth");
    expect(scan('{"a":'.repeat(100_000), 64)).toBe("depth");
  });
});
