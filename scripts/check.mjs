// `npm run check`: types, lint, format and the direction of dependencies. Runs them all, so that one
// run tells everything that is wrong.

import { spawnSync } from "node:child_process";

const checks = {
  types: ["node_modules/typescript/bin/tsc", "-b"],
  lint: ["node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings"],
  format: ["node_modules/oxfmt/bin/oxfmt", "--check"],
  dependencies: ["node_modules/vitest/vitest.mjs", "run", "--project", "node", "test/architecture"],
};

const failed = [];
for (const [name, args] of Object.entries(checks)) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) failed.push(name);
}
console.log(failed.length ? `\ncheck failed: ${failed.join(", ")}` : "\ncheck passed");
process.exit(failed.length ? 1 : 0);
