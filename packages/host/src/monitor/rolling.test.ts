import fc from "fast-check";
import { expect, it } from "vitest";
import { Rolling, WINDOW } from "./rolling.ts";

it("is the sum of what came within the window, to a step", () => {
  const steps = fc.array(fc.record({ wait: fc.nat(40_000), amount: fc.nat(100) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (all) => {
      let now = 1_700_000_000_000;
      const rolling = new Rolling({ now: () => now });
      const came: { at: number; amount: number }[] = [];
      for (const { wait, amount } of all) {
        now += wait;
        rolling.add(amount);
        came.push({ at: now, amount });
        const since = (ms: number): number =>
          came.filter(({ at }) => at > now - ms).reduce((sum, each) => sum + each.amount, 0);
        expect(rolling.sum).toBeGreaterThanOrEqual(since(WINDOW - 5_000));
        expect(rolling.sum).toBeLessThanOrEqual(since(WINDOW));
      }
    }),
  );
});

it("counts nothing twice when the clock is put back, and goes on", () => {
  let now = 1_700_000_000_000;
  const rolling = new Rolling({ now: () => now });
  rolling.add(1);
  now -= 3_600_000;
  rolling.add(1);
  expect(rolling.sum).toBe(2);
  now += 3_600_000 + WINDOW;
  expect(rolling.sum).toBe(0);
});
