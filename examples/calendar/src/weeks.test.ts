import { expect, it } from "vitest";
import { monthAfter, weeksOf } from "./weeks.ts";

it("has whole weeks, from Monday", () => {
  const weeks = weeksOf("2026-11");
  expect(weeks).toHaveLength(6);
  expect(weeks[0]?.[0]).toBe("2026-10-26");
  expect(weeks[0]?.[6]).toBe("2026-11-01");
  expect(weeks.at(-1)?.[0]).toBe("2026-11-30");
  // A month that is four weeks, and one with a leap day.
  expect(weeksOf("2027-02").flat()).toHaveLength(28);
  expect(weeksOf("2028-02").flat()).toContain("2028-02-29");
});

it("counts months over the turn of a year", () => {
  expect(monthAfter("2026-11", 2)).toBe("2027-01");
  expect(monthAfter("2026-01", -1)).toBe("2025-12");
});
