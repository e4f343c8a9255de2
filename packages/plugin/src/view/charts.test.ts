import { expect, it } from "vitest";
import { BarChart, LineChart, Sparkline } from "./charts.ts";
import { h } from "./node.ts";
import { treeOf } from "./tree.ts";

it.each([
  [],
  [0],
  [5],
  [0, 0, 0],
  [1, 2, 3],
  [-3, 4, -5],
  [-1, -2],
  [1e12, 1],
  [1e-7, 2e-7],
  [Number.NaN, 1],
  [Number.POSITIVE_INFINITY, 1],
])("draws %j within its box, and as a table", (...values) => {
  const points = values.map((value, index) => ({ label: `day ${index}`, value }));
  for (const chart of [
    h(LineChart, { label: "Words", points }),
    h(BarChart, { label: "Words", points }),
    h(Sparkline, { label: "Words", values }),
  ]) {
    const text = JSON.stringify(treeOf(chart));
    expect(text).not.toMatch(/NaN|Infinity(?!")|null,null/);
    for (const [, numbers = ""] of text.matchAll(/"points":"([^"]*)"/g)) {
      for (const number of numbers.split(/[ ,]/).filter(Boolean).map(Number)) {
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThanOrEqual(420);
      }
    }
  }
});
