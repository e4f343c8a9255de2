/** Short runs of `npm run crash -- --postgres …`: several servers on one database. */

import { describe, expect, it } from "vitest";
import { drawSeed } from "./choices.ts";
import { crashCluster } from "./cluster-crash.ts";
import { describeReport } from "./report.ts";

const postgres = process.env["CROFT_TEST_POSTGRES"];
const redis = process.env["CROFT_TEST_REDIS"];

describe.each([
  ["the database itself", undefined, postgres !== undefined],
  ["Redis", redis, postgres !== undefined && redis !== undefined],
])("three servers on one database, with hints by %s", (_, carrier, areThere) => {
  it.skipIf(!areThere)(
    "[SYNC-13] keep all that they acknowledged, whatever ends and breaks",
    async () => {
      const found = await crashCluster({
        cycles: 6,
        seed: drawSeed(),
        postgres: postgres ?? "",
        redis: carrier,
      });
      console.log(describeReport(found));
      expect(found.lost, `seed ${found.seed}`).toEqual([]);
      expect(found.diverged, `seed ${found.seed}`).toEqual([]);
      // Else nothing was tried.
      expect(found.acknowledged).toBeGreaterThan(50);
    },
    120_000,
  );
});
