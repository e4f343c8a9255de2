/** A short run of `npm run crash -- --postgres …`: several servers on one database. */

import { describe, expect, it } from "vitest";
import { drawSeed } from "./choices.ts";
import { crashCluster } from "./cluster-crash.ts";
import { describeReport } from "./report.ts";

const postgres = process.env["CROFT_TEST_POSTGRES"];

describe.skipIf(postgres === undefined)("three servers on one database", () => {
  it("[SYNC-13] keep all that they acknowledged, whatever ends and breaks", async () => {
    const found = await crashCluster({ cycles: 8, seed: drawSeed(), postgres: postgres ?? "" });
    console.log(describeReport(found));
    expect(found.lost, `seed ${found.seed}`).toEqual([]);
    expect(found.diverged, `seed ${found.seed}`).toEqual([]);
    // Else nothing was tried.
    expect(found.acknowledged).toBeGreaterThan(50);
  }, 120_000);
});
