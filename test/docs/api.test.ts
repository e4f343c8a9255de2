// docs/api says what the packages export: it is what `npm run docs` makes of their comments and signatures. So it is the
// report of the API as well: whoever changes an export sees here what changes for others.

import { execFile } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { root } from "./markdown.ts";

const made = mkdtempSync(join(tmpdir(), "croft-api-"));
afterAll(() => rmSync(made, { recursive: true, force: true }));

it("the API reference is that of the sources", async () => {
  await promisify(execFile)(process.execPath, ["apps/docs/src/api/main.ts", "--out", made], {
    cwd: root,
    timeout: 110_000,
  });
  const kept = join(root, "docs/api");
  const files = [...new Set([...markdown(made), ...markdown(kept)])].toSorted();
  const changed = files.flatMap((file) => difference(file, text(kept, file), text(made, file)));
  expect(changed, "docs/api is not that of the sources: run npm run docs").toEqual([]);
}, 120_000);

function markdown(folder: string): readonly string[] {
  return globSync("*.md", { cwd: folder });
}

function text(folder: string, file: string): string {
  try {
    return readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n");
  } catch {
    return ""; // Not there: all of it differs.
  }
}

/** Where a file begins to differ, in a line. */
function difference(file: string, kept: string, now: string): readonly string[] {
  if (kept === now) return [];
  const [before, after] = [kept.split("\n"), now.split("\n")];
  const at = after.findIndex((line, index) => line !== before[index]);
  const line = at < 0 ? after.length : at;
  return [`docs/api/${file}:${line + 1}: "${before[line] ?? ""}" is now "${after[line] ?? ""}"`];
}
