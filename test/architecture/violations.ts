// Reads every import of the tree and compares it with the rules. Reports, changes nothing.

import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix, sep } from "node:path";
import { parseSync } from "vite";
import { coreFolders, nodeOnly, packages, rigs } from "./rules.ts";

/** One line for each import under `root` that breaks a rule; empty when all is well. */
export function violations(root: string): string[] {
  const files = globSync("{packages,apps,examples}/*/**/*.{ts,tsx}", {
    cwd: root,
    // What is in a template is another program's.
    exclude: (path) => /(^|[/\\])(node_modules|dist|template)$/.test(path),
  });
  return [
    ...files,
    ...globSync("{bench,test}/**/*.ts", { cwd: root, exclude: ["**/node_modules"] }),
  ]
    .map((file) => file.split(sep).join("/"))
    .toSorted()
    .flatMap((file) =>
      importsOf(join(root, file)).flatMap((target) => {
        const reason = refusal(root, file, target);
        return reason ? [`${file} imports ${target}: ${reason}`] : [];
      }),
    );
}

/** Every module that a file names: imports, re-exports, and `import()` of a literal. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const { module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  return [
    ...module.staticImports.map((each) => each.moduleRequest.value),
    ...module.staticExports.flatMap((each) =>
      each.entries.flatMap((entry) => (entry.moduleRequest ? [entry.moduleRequest.value] : [])),
    ),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const literal = /^["'`]([^$]*)["'`]$/.exec(text.slice(start, end));
      return literal?.[1] ? [literal[1]] : [];
    }),
  ];
}

function refusal(root: string, file: string, target: string): string | undefined {
  const home = homeOf(file);
  if (target.startsWith(".")) {
    const path = posix.normalize(posix.join(posix.dirname(file), target));
    // Whole-system tests start what the root scripts start.
    if (home === "test" && homeOf(path) === "scripts") return undefined;
    // Benchmarks share the rigs of whole-system tests, and measure the inspector, which is internal.
    const measured = ["test/support/", "packages/core/src/update/"];
    if (home === "bench" && measured.some((folder) => path.startsWith(folder))) return undefined;
    if (homeOf(path) !== home) return `it leaves ${home}: name the package instead`;
    if (isRig(path) && !isTest(file)) return "only tests stand on that";
    return home === "packages/core" ? folderRefusal(file, path) : undefined;
  }
  const name = /^(@[^/]+\/[^/]+|[^/]+)/.exec(target)?.[1] ?? target;
  if (name.startsWith("@croft/")) return packageRefusal(home, name.slice("@croft/".length));
  if (!home.startsWith("packages/") || isTest(file)) return undefined;
  if (name.startsWith("node:") || builtinModules.includes(name)) {
    if (nodeOnly.some((prefix) => file.startsWith(prefix))) return undefined;
    return "this code runs in browsers too";
  }
  return declared(root, home).has(name) ? undefined : `${home}/package.json does not declare it`;
}

function packageRefusal(home: string, imported: string): string | undefined {
  const [kind, own] = home.split("/");
  // An app may show what an example makes, and an example use what another one offers.
  if ((kind === "apps" || kind === "examples") && imported.startsWith("example-")) return undefined;
  if (!Object.hasOwn(packages, imported)) return "only packages are imported, and apps by nobody";
  if (kind !== "packages" || own === undefined) return undefined;
  return packages[own]?.includes(imported) ? undefined : `${own} may not depend on ${imported}`;
}

function folderRefusal(file: string, target: string): string | undefined {
  const from = folderOf(file);
  const to = folderOf(target);
  if (isTest(file) || from === to) return undefined;
  const allowed = coreFolders[from] ?? [];
  if (allowed.includes(to) || allowed.includes(pathInCore(target))) return undefined;
  return `${from} may not depend on ${to}`;
}

/** The folder of core which a file is in; the files beside the folders are `base`, but for two. */
function folderOf(file: string): string {
  const [first = "", ...deeper] = pathInCore(file).split("/");
  if (deeper.length > 0) return first;
  return first === "index" || first === "workspace" ? first : "base";
}

function pathInCore(file: string): string {
  return file.slice("packages/core/src/".length).replace(/\.ts$/, "");
}

/** `packages/core`, `apps/demo`, `test`: the part of the tree that a file belongs to. */
function homeOf(file: string): string {
  const [first = "", second = ""] = file.split("/");
  return ["packages", "apps", "examples"].includes(first) ? `${first}/${second}` : first;
}

function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || isRig(file);
}

function isRig(file: string): boolean {
  return rigs.some((folder) => file.startsWith(folder));
}

function declared(root: string, home: string): Set<string> {
  const manifest: Record<string, Record<string, string> | undefined> = JSON.parse(
    readFileSync(join(root, home, "package.json"), "utf8"),
  );
  return new Set(
    [manifest["dependencies"], manifest["peerDependencies"]].flatMap((each) =>
      Object.keys(each ?? {}),
    ),
  );
}
