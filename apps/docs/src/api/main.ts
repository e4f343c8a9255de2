/**
 * `npm run docs`: writes the API reference into docs/api; `--out` chooses another folder. Writes nothing, and fails, when
 * something that is exported has no comment, a link leads nowhere or a type that is named is not exported.
 */

import { globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { entryPoints } from "./entry-points.ts";
import { renderIndex } from "./index-page.ts";
import { renderPages } from "./page.ts";
import { readReference } from "./reference.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../../..");
const { values } = parseArgs({
  options: { out: { type: "string", default: join(root, "docs/api") } },
});

const entries = entryPoints(root);
const reference = await readReference(entries);
const pages = renderPages(reference);
if (reference.problems.length > 0) {
  console.error([...new Set(reference.problems)].join("\n"));
  console.error("Mend these in the sources, and run npm run docs again.");
  process.exit(1);
}
const { out } = values;
mkdirSync(out, { recursive: true });
for (const file of globSync("*.md", { cwd: out })) rmSync(join(out, file));
for (const [file, text] of pages) writeFileSync(join(out, file), text);
writeFileSync(join(out, "README.md"), renderIndex(entries));
