import { expect, it } from "vitest";
import { count, describeBytes, describeMs } from "./quantities.ts";

it.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [999.7, "1.0 kB"],
  [1_249, "1.2 kB"],
  [999_949, "999.9 kB"],
  [999_950, "1.0 MB"],
  [999_999, "1.0 MB"],
  [999_999_999, "1.0 GB"],
])("%s bytes are told as %s", (bytes, words) => {
  expect(describeBytes(bytes)).toBe(words);
});

it.each([
  [0.4, "0 ms"],
  [999.4, "999 ms"],
  [999.7, "1.0 s"],
  [2_345, "2.3 s"],
])("%s milliseconds are told as %s", (ms, words) => {
  expect(describeMs(ms)).toBe(words);
});

it("one is told in the singular", () => {
  expect([0, 1, 1_400].map((amount) => count(amount, "task"))).toEqual([
    "0 tasks",
    "1 task",
    "1,400 tasks",
  ]);
});
