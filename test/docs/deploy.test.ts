// What deploy/ says must be known to the server: its variables, and the files that it copies.

import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { read, root } from "./markdown.ts";

/** Used by the files themselves. */
const OTHERS = new Set(["CROFT_DOMAIN", "CROFT_CONFIG"]);
/** Of croft-admin. */
const ADMIN = new Set(["CROFT_WORKSPACE", "CROFT_SERVER", "CROFT_TOKEN"]);

const CLI = join(root, "packages/server/src/cli.ts");
const help = execFileSync(process.execPath, ["--conditions=source", CLI, "--help"], {
  encoding: "utf8",
});
const known = new Set(
  [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(
    ([, flag = ""]) => `CROFT_${flag.toUpperCase().replaceAll("-", "_")}`,
  ),
);

const files = [...globSync("deploy/*", { cwd: root }), "docs/operating.md"];

it.each(files)("%s names only variables that the server reads", (file) => {
  const named = [...read(file).matchAll(/CROFT_[A-Z_]*[A-Z]/g)].map(([name]) => name);
  const unknown = named.filter((name) => ![known, OTHERS, ADMIN].some((some) => some.has(name)));
  expect(unknown).toEqual([]);
});

it("the image builds the packages that the server needs, from what is there", () => {
  const dockerfile = read("deploy/Dockerfile");
  const [, listed = ""] = /for package in ([^;]+);/.exec(dockerfile) ?? [];
  const manifest: unknown = JSON.parse(read("packages/server/package.json"));
  const needed = Object.keys((manifest as { dependencies: object }).dependencies)
    .filter((name) => name.startsWith("@croft/"))
    .map((name) => name.slice("@croft/".length));
  expect(listed.split(" ").toSorted()).toEqual([...needed, "server"].toSorted());
  expect(existsSync(join(root, "scripts/build.mjs"))).toBe(true);
  expect(dockerfile).toContain(
    `pnpm@${/"packageManager": "pnpm@([\d.]+)/.exec(read("package.json"))?.[1] ?? "10."}`,
  );
});
