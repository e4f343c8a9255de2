/** A short run of `npm run crash`, the server's half. */

import { expect, it } from "vitest";
import { drawSeed } from "./choices.ts";
import { describeReport } from "./report.ts";
import { crashServer } from "./server-crash.ts";

it("[SYNC-8] a server that is killed under load again and again keeps all that it acknowledged", async () => {
  const found = await crashServer({ cycles: 5, seed: drawSeed() });
  console.log(describeReport(found));
  expect(found.lost, `seed ${found.seed}`).toEqual([]);
  expect(found.diverged, `seed ${found.seed}`).toEqual([]);
  // Else nothing was tried.
  expect(found.acknowledged).toBeGreaterThan(50);
}, 60_000);
