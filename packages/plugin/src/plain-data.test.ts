import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyPlain } from "./plain-data.ts";

const copy = (data: unknown, limit = 1_000_000): unknown => copyPlain(data, limit);

describe("plain data", () => {
  it("is copied, and later changes do not show", () => {
    // What has a property `__proto__` is not plain: see below.
    const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("__proto__"));
    const plain = fc.oneof(json, fc.uint8Array(), fc.constant(undefined));
    fc.assert(
      fc.property(plain, (data) => {
        expect(copy(data)).toEqual({ copy: data });
      }),
    );
    const list = [new Uint8Array([1])];
    const result = copyPlain(list, 1_000);
    list[0]?.fill(7);
    expect(result).toEqual({ copy: [new Uint8Array([1])] });
  });

  it.each<[string, unknown, string]>([
    ["a function", { a: [() => 1] }, "has a function in it"],
    ["a symbol", Symbol("a"), "has a symbol in it"],
    ["a big number", 1n, "has a bigint in it"],
    ["a date", new Date(0), "has an object of a class in it"],
    ["a map", [new Map()], "has an object of a class in it"],
    ["a prototype", JSON.parse('{"__proto__": {"a": 1}}'), "has a property `__proto__`"],
    [
      "what throws",
      Object.defineProperty({}, "a", { enumerable: true, get: boom }),
      "cannot be read",
    ],
  ])("is not %s", (_what, data, problem) => expect(copy(data)).toEqual({ problem }));

  it("is not nested without end, nor around itself", () => {
    const round: unknown[] = [];
    round.push(round);
    expect(copy(round)).toEqual({ problem: "is nested deeper than 64 levels" });
  });

  it("is not larger than it may be, and is not walked when it is", () => {
    expect(copy("x".repeat(100), 100)).toEqual({ problem: "is larger than 100 bytes" });
    expect(copy(new Uint8Array(100), 100)).toEqual({ problem: "is larger than 100 bytes" });
    const long: unknown[] = [];
    long.length = 4_000_000_000;
    expect(copy(long)).toEqual({ problem: "is larger than 1000000 bytes" });
    expect(copy({ ["k".repeat(100)]: 1 }, 100)).toEqual({ problem: "is larger than 100 bytes" });
  });

  it("is read once: what was checked is what is copied", () => {
    let reads = 0;
    const data = Object.defineProperty({}, "a", { enumerable: true, get: () => ++reads });
    expect(copy(data)).toEqual({ copy: { a: 1 } });
  });
});

function boom(): never {
  throw new Error("no luck");
}
