import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRecordId, recordIdFrom } from "./record-id.ts";

const part = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const parts = fc.array(part, { minLength: 1, maxLength: 5 });

describe("an id made from parts", () => {
  it("is the same everywhere, for ever", () => {
    expect(recordIdFrom("calendar", "2026-11-27", 3)).toBe("1mwwtxqr4zjzr86k");
  });

  it("looks like any other, and is five bits of each byte of the hash", () => {
    expect(createRecordId()).toMatch(/^[0-9bcdfghjkmnpqrstvwxyzBC]{16}$/);
    const digits = "0123456789bcdfghjkmnpqrstvwxyzBC";
    fc.assert(
      fc.property(parts, (all) => {
        const hash = createHash("sha256").update(JSON.stringify(all)).digest();
        const expected = [...hash.subarray(0, 16)].map((byte) => digits[byte % 32]).join("");
        expect(recordIdFrom(...all)).toBe(expected);
      }),
    );
  });

  it("is another one for other parts, and for the same ones cut elsewhere", () => {
    const ids = [
      ["ab", "c"],
      ["a", "bc"],
      ["abc"],
      ["a", "b", "c"],
      [1],
      ["1"],
      [true],
      ["true"],
      [null],
    ];
    expect(new Set(ids.map((all) => recordIdFrom(...all))).size).toBe(ids.length);
  });

  it("needs parts that mean something", () => {
    for (const bad of [[], [Number.NaN], ["a", Infinity]]) {
      expect(() => recordIdFrom(...bad)).toThrow(
        expect.objectContaining({ code: "input/invalid" }),
      );
    }
  });
});
