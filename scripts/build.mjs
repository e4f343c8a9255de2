// `npm run build`: what is published, into packages/*/dist. From nothing each time, so that a file
// whose source is gone is not published.

import { spawnSync } from "node:child_process";
import { globSync, rmSync } from "node:fs";

for (const dist of globSync("packages/*/dist")) rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  ["node_modules/typescript/bin/tsc", "-b", "tsconfig.build.json"],
  { stdio: "inherit" },
);
process.exit(status ?? 1);
