/**
 * The suite's share of the simulation; `npm run simulate` runs as many histories as one likes, and
 * shows that each wrong variant of the protocol is found.
 */

import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { mutate, MUTANTS } from "./mutants.ts";
import { drawHistory, simulate } from "./simulate.ts";
import { shrink } from "./shrink.ts";

const FIRST = 1;
const SEEDS = 2_000;
const PART = 100;

describe("histories of devices and a server, with faults", () => {
  for (let first = FIRST; first < FIRST + SEEDS; first += PART) {
    it(`keep every invariant, seeds ${first} to ${first + PART - 1}`, async () => {
      for (let seed = first; seed < first + PART; seed++) {
        const history = drawHistory(seed);
        const { failures } = await simulate(history);
        if (failures.length === 0) continue;
        const shortest = await simulate(await shrink(history));
        const again = `Again: npm run simulate -- --seeds 1 --seed ${seed}`;
        throw new Error(
          `seed ${seed}: ${failures.join("\n")}\n${shortest.log.join("\n")}\n${again}`,
        );
      }
    }, 120_000);
  }

  it("come out the same when they are run again", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const history = drawHistory(seed);
      const [one, two] = [await simulate(history), await simulate(history)];
      expect(two.log, `seed ${seed}`).toEqual(one.log);
      expect(two.events, `seed ${seed}`).toBe(one.events);
      expect([...two.counts], `seed ${seed}`).toEqual([...one.counts]);
    }
  }, 120_000);
});

describe("a wrong variant of the protocol", () => {
  it.each(MUTANTS)("still is one change of the source: [SYNC-$rule] $name", async (mutant) => {
    for (const file of new Set(mutant.edits.map((edit) => edit.file))) {
      const text = await readFile(new URL(`../../${file}`, import.meta.url), "utf8");
      expect(mutate(mutant, file, text)).not.toBe(text);
    }
  });
});
