import { expect, it } from "vitest";
import { troubleInWords } from "./trouble-words.ts";

const mishap = { at: 1, reason: "It threw.", last: undefined };

it("says how often, and what the plugin did last as far as that is known", () => {
  expect(troubleInWords({ kind: "start", limit: 3, mishaps: [mishap] })).toBe(
    "failed to start once. It had done nothing before.",
  );
  const deed = { what: "changed notes/pages/1", at: 1 };
  const mishaps = [mishap, { ...mishap, last: deed }, mishap];
  expect(troubleInWords({ kind: "crash", limit: 5, mishaps })).toBe(
    "crashed 3 times. The last thing that it did: it changed notes/pages/1.",
  );
});
