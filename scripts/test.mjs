// `npm test [-- arguments for vitest]`. Makes sure of a browser first, unless only projects that need
// none were asked for. vitest then runs in this very process, so that a signal reaches it.

import { ensureChromium } from "./chromium.mjs";

const args = process.argv.slice(2);
const projects = args.flatMap((arg, i) =>
  arg === "--project" ? [args[i + 1]] : arg.startsWith("--project=") ? [arg.slice(10)] : [],
);
if (
  projects.length === 0 ||
  projects.some((project) => project !== "node" && project !== "replay")
) {
  const chromium = ensureChromium();
  if (chromium) process.env.CHROMIUM = chromium; // vitest.config.ts looks there first.
}

process.argv.splice(2, Infinity, "run", ...args);
await import("../node_modules/vitest/vitest.mjs");
