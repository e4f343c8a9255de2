import { describe, expect, it } from "vitest";
import { LARGEST_FRAME, RecordReader } from "./records.ts";

const none = { frame: () => undefined, end: () => undefined };

describe("a record", () => {
  it.each<[string, number[], RegExp]>([
    ["nothing", [], /no such kind/],
    ["of no kind", [7], /no such kind/],
    ["a chunk that is longer than what is there", [0, 9, 1], /array/i],
    ["a number that does not end", [0, 255], /array/i],
    ["an end without a reason", [1, 5], /array/i],
  ])("that is unsound is thrown: %s", (_what, bytes, message) => {
    expect(() => new RecordReader().read(Uint8Array.from(bytes), none)).toThrow(message);
  });

  it("after which a frame would be too large is thrown, and no frame is heard", () => {
    const reader = new RecordReader();
    // 1 + 2 × 60,000 + 1: a chunk whose frame goes on.
    const record = new Uint8Array(60_004);
    record.set([0, 194, 169, 7]);
    const times = Math.floor(LARGEST_FRAME / 60_000);
    for (let time = 0; time < times; time++) reader.read(record, none);
    expect(() => reader.read(record, none)).toThrow("too large");
  });
});
