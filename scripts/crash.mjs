// `npm run crash -- [--cycles N] [--browser-cycles M] [--postgres ADDRESS [--redis ADDRESS] [--cluster-cycles L]] [--seed S]`: kills a
// real server N times (default 100) and a real browser M times (default 20) while clients type; with a database also L
// times (default 100) one of three servers on it, or its way there. Ends with 1 when something that was said to be
// saved is lost, or copies differ. A seed replays the choices, not the moments at which processes act.

import { parseArgs } from "node:util";
import { drawSeed } from "../test/crash/choices.ts";
import { describeReport } from "../test/crash/report.ts";
import { ensureChromium } from "./chromium.mjs";

const { values } = parseArgs({
  options: {
    cycles: { type: "string" },
    "browser-cycles": { type: "string" },
    postgres: { type: "string" },
    redis: { type: "string" },
    "cluster-cycles": { type: "string" },
    seed: { type: "string" },
  },
});
const cycles = Number(values.cycles ?? 100);
const browserCycles = Number(values["browser-cycles"] ?? 20);
const clusterCycles = values.postgres === undefined ? 0 : Number(values["cluster-cycles"] ?? 100);
const seed = Number(values.seed ?? drawSeed());
if (
  ![cycles, browserCycles, clusterCycles, seed].every(
    (each) => Number.isSafeInteger(each) && each >= 0,
  )
) {
  console.error(
    "Usage: npm run crash -- [--cycles N] [--browser-cycles M] [--postgres ADDRESS [--cluster-cycles L]] [--seed S], whole numbers.",
  );
  process.exit(2);
}

const tell = (line) => console.log(line);
const reports = [];
if (cycles > 0) {
  const { crashServer } = await import("../test/crash/server-crash.ts");
  reports.push(await crashServer({ cycles, seed, tell }));
}
if (browserCycles > 0) {
  const chromium = ensureChromium();
  if (!chromium) process.exit(1);
  process.env.CHROMIUM = chromium;
  const { crashBrowser } = await import("../test/crash/browser-crash.ts");
  reports.push(await crashBrowser({ cycles: browserCycles, seed, tell }));
}
if (clusterCycles > 0) {
  const { crashCluster } = await import("../test/crash/cluster-crash.ts");
  const { postgres, redis } = values;
  reports.push(await crashCluster({ cycles: clusterCycles, seed, tell, postgres, redis }));
}

/** So many are shown; the rest says the same. */
const SHOWN = 20;
let failed = false;
for (const report of reports) {
  console.log(describeReport(report));
  const wrong = [...report.lost.map((what) => `lost: ${what}`), ...report.diverged];
  for (const line of wrong.slice(0, SHOWN)) console.error(`  ${line}`);
  if (wrong.length > SHOWN) console.error(`  and ${wrong.length - SHOWN} more`);
  failed ||= wrong.length > 0;
}
if (failed) {
  console.error(
    `Again: npm run crash -- --cycles ${cycles} --browser-cycles ${browserCycles} --seed ${seed}` +
      (clusterCycles > 0 ? ` --postgres … --cluster-cycles ${clusterCycles}` : ""),
  );
}
process.exit(failed ? 1 : 0);
