import { expect, it } from "vitest";
import { fuzzChanged, fuzzGenerated } from "../testing/fuzz.ts";
import { createDice } from "../testing/random-edits.ts";

// A failure prints the seed; FUZZ_SEED shows it again. `npm run fuzz` does more than this.
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

it.each([
  ["changed updates of real editors", 60_000, fuzzChanged],
  ["generated updates", 20_000, fuzzGenerated],
])(
  `%s are refused, or apply without harm (seed ${seed})`,
  (_what, count, fuzz) => {
    const { tried, accepted } = fuzz(createDice(seed), count);
    // A run in which everything is refused, or nothing, would show nothing.
    expect(accepted).toBeGreaterThan(count / 100);
    expect(accepted).toBeLessThan(tried / 2);
  },
  120_000,
);
