/** A short run of `npm run crash`, the browser's half. */

import { expect, it } from "vitest";
import { crashBrowser } from "../crash/browser-crash.ts";
import { drawSeed } from "../crash/choices.ts";
import { describeReport } from "../crash/report.ts";

it("a browser that is killed while it saves shows all that it said was on the device, and syncs it", async () => {
  const found = await crashBrowser({ cycles: 2, seed: drawSeed() });
  console.log(describeReport(found));
  expect(found.lost, `seed ${found.seed}`).toEqual([]);
  expect(found.diverged, `seed ${found.seed}`).toEqual([]);
  // Else nothing was tried.
  expect(found.onDevice).toBeGreaterThan(4);
});
