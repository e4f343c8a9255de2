import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import {
  besideEachOther,
  difference,
  movedBy,
  type Replaced,
  replacementsOf,
  selectionAfter,
} from "./text-place.ts";

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

describe("what others did, told by Yjs", () => {
  const apply = (before: string, changes: readonly Replaced[]): string =>
    changes.reduce(
      (now, { from, to, insert }) => now.slice(0, from) + insert + now.slice(to),
      before,
    );

  const edits = fc.array(fc.tuple(fc.nat(12), fc.nat(3), fc.constantFrom("", "x", "yz")), {
    maxLength: 4,
  });

  /** What one transaction made of a text, and what was told of it. */
  function edited(before: string, all: readonly (readonly [number, number, string])[]) {
    const body = new Y.Doc().getText("body");
    body.insert(0, before);
    let changes: readonly Replaced[] = [];
    body.observe(({ delta }) => (changes = replacementsOf(delta)));
    body.doc?.transact(() => {
      for (const [place, length, insert] of all) {
        const from = Math.min(place, body.length);
        body.delete(from, Math.min(length, body.length - from));
        body.insert(from, insert);
      }
    });
    return { after: body.toString(), changes };
  }

  it("makes the text that it is now of the one before", () => {
    fc.assert(
      fc.property(fc.constantFrom("", "abc", "abcdefgh"), edits, (before, all) => {
        const { after, changes } = edited(before, all);
        expect(apply(before, changes)).toBe(after);
      }),
      { numRuns: 2_000 },
    );
  });

  it("and what is typed meanwhile make the same text in either order", () => {
    fc.assert(
      fc.property(edits, fc.nat(8), (all, place) => {
        const before = "abcdefgh";
        const { after, changes } = edited(before, all);
        const typed = { from: place, to: place, insert: "TYPED" };
        const { mine, others } = besideEachOther(typed, changes);
        expect(apply(apply(before, [typed]), others)).toBe(apply(after, [mine]));
      }),
      { numRuns: 2_000 },
    );
  });

  it("is no part of a selection that it is beside, and keeps the letters that are selected", () => {
    const beside = [
      { from: 2, to: 2, insert: "L" },
      { from: 6, to: 6, insert: "R" },
    ];
    expect(selectionAfter(beside, 2, 5)).toEqual([3, 6]);
    expect(selectionAfter(beside, 2, 2)).toEqual([2, 2]);
    expect(selectionAfter([{ from: 1, to: 9, insert: "" }], 2, 5)).toEqual([1, 1]);
  });
});
