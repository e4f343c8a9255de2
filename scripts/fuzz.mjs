// `npm run fuzz -- [--count N] [--seed S]`: N hostile updates of each kind (default a million) through the
// checks of a hub and into Yjs. Ends with 1 at the first that does harm, and says how to see it again.

import { parseArgs } from "node:util";
import { fuzzChanged, fuzzGenerated } from "../packages/core/src/testing/fuzz.ts";
import { createDice } from "../packages/core/src/testing/random-edits.ts";

const { values } = parseArgs({ options: { count: { type: "string" }, seed: { type: "string" } } });
const count = Number(values.count ?? 1_000_000);
const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(first)) {
  console.error("Usage: npm run fuzz -- [--count N] [--seed S], both whole numbers.");
  process.exit(2);
}

/** Updates of one seed: small enough that what fails is found again in seconds. */
const PART = 20_000;

for (const { what, fuzz } of [
  { what: "changed updates of real editors", fuzz: fuzzChanged },
  { what: "generated updates", fuzz: fuzzGenerated },
]) {
  let tried = 0;
  let accepted = 0;
  const start = performance.now();
  for (let seed = first; tried < count; seed++) {
    try {
      const part = fuzz(createDice(seed), Math.min(PART, count - tried));
      tried += part.tried;
      accepted += part.accepted;
    } catch (error) {
      console.error(`${what}, seed ${seed}: ${error.message}`, error.cause);
      console.error(`Again: npm run fuzz -- --count ${PART} --seed ${seed}`);
      process.exit(1);
    }
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const heap = (process.memoryUsage().heapUsed / 1024 / 1024).toFixed(0);
  console.log(
    `${what}: ${tried} tried from seed ${first} on, ${accepted} accepted and harmless, ${seconds} s, heap ${heap} MiB`,
  );
}
