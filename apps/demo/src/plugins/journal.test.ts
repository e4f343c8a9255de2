import { expect, it, vi } from "vitest";
import { createJournal, lineOf, MOST_LETTERS, MOST_LINES } from "./journal.ts";

it("keeps the newest lines of each plugin, and not more of a line than anybody reads", () => {
  const journal = createJournal(() => 7);
  journal.add("quiet", { kind: "problem", text: "It threw.", hint: "Mend it." });
  for (let line = 0; line < 3 * MOST_LINES; line++) {
    journal.add("loud", { kind: "info", text: `${line} ${"x".repeat(2 * MOST_LETTERS)}` });
  }
  expect(journal.lines("quiet")).toEqual([
    { id: 1, at: 7, kind: "problem", text: "It threw.", hint: "Mend it." },
  ]);
  const lines = journal.lines("loud");
  expect(lines).toHaveLength(MOST_LINES);
  expect(lines.at(-1)?.text).toMatch(new RegExp(`^${3 * MOST_LINES - 1} x`));
  expect(lines.at(-1)?.text.length).toBeLessThanOrEqual(MOST_LETTERS + 1);
  expect(journal.lines("none")).toBe(journal.lines("none"));
});

it("tells once of many lines", () => {
  vi.useFakeTimers();
  try {
    const journal = createJournal();
    const told = vi.fn<() => void>();
    const stop = journal.subscribe(told);
    for (let line = 0; line < 50; line++) journal.add("loud", { kind: "info", text: "again" });
    vi.runAllTimers();
    expect(told).toHaveBeenCalledTimes(1);
    stop();
    journal.add("loud", { kind: "info", text: "again" });
    vi.runAllTimers();
    expect(told).toHaveBeenCalledTimes(1);
  } finally {
    vi.useRealTimers();
  }
});

it("writes data beside the message, whatever it is", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  expect(lineOf("Counted", undefined)).toBe("Counted");
  expect(lineOf("Counted", { words: 3 })).toBe('Counted {"words":3}');
  expect(lineOf("Failed", new Error("no page"))).toBe("Failed no page");
  expect(lineOf("Odd", circle)).toBe("Odd …");
});
