import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { difference, movedBy } from "./text-place.ts";

const text = fc
  .array(fc.constantFrom("a", "b", "\n", "\u{1F331}", "\u{1F332}"), { maxLength: 12 })
  .map((letters) => letters.join(""));

describe("the difference of two texts", () => {
  it("makes one of the other, and cuts no character in two", () => {
    fc.assert(
      fc.property(text, text, fc.option(fc.nat(12), { nil: undefined }), (before, after, end) => {
        const caret = end === undefined ? undefined : Math.min(end, after.length);
        const { from, to, insert } = difference(before, after, caret) ?? {
          from: 0,
          to: 0,
          insert: "",
        };
        expect(before.slice(0, from) + insert + before.slice(to)).toBe(after);
        expect(insert.isWellFormed()).toBe(true);
        expect(before.slice(from, to).isWellFormed()).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it("is where the caret is, among equal letters", () => {
    expect(difference("aaa", "aaaa", 2)).toEqual({ from: 1, to: 1, insert: "a" });
    expect(difference("same", "same")).toBeUndefined();
  });

  it("moves places after it, and keeps those before it", () => {
    const change = difference("start refused end", "start end");
    if (!change) throw new Error("they differ");
    expect([3, "start refused end".length, 9].map((place) => movedBy(change, place))).toEqual([
      3,
      "start end".length,
      change.from + change.insert.length,
    ]);
  });
});
