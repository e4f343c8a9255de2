// The direction of dependencies holds in this tree, and the check would notice if it did not.

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { coreFolders, packages } from "./rules.ts";
import { violations } from "./violations.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

test("every import of this tree points the allowed way", () => {
  expect(violations(root)).toEqual([]);
});

test("every package, and every folder of core, has its rule", () => {
  expect(Object.keys(packages)).toEqual(expect.arrayContaining(foldersIn("packages")));
  expect(Object.keys(coreFolders)).toEqual(expect.arrayContaining(foldersIn("packages/core/src")));
});

test("the manifests declare no dependency that the rules forbid", () => {
  for (const name of foldersIn("packages")) {
    const manifest: { dependencies?: Record<string, string> } = JSON.parse(
      readFileSync(join(root, "packages", name, "package.json"), "utf8"),
    );
    const own = Object.keys(manifest.dependencies ?? {}).filter((each) =>
      each.startsWith("@croft/"),
    );
    expect((packages[name] ?? []).map((each) => `@croft/${each}`)).toEqual(
      expect.arrayContaining(own),
    );
  }
});

test("the rules themselves have no cycle", () => {
  for (const rules of [packages, coreFolders]) {
    for (const start of Object.keys(rules)) {
      const reached = new Set<string>();
      const open = (rules[start] ?? []).map(folder);
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (!reached.has(next)) open.push(...(rules[next] ?? []).map(folder));
        reached.add(next);
      }
      expect(reached.has(start), `${start} reaches itself`).toBe(false);
    }
  }
});

describe("a planted violation is found:", () => {
  let tree: string;
  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), "croft-architecture-"));
  });
  afterEach(() => rmSync(tree, { recursive: true }));

  test.each([
    ["core imports a package", "packages/core/src/a.ts", `import "@croft/host";`],
    ["core imports itself by name", "packages/core/src/a.test.ts", `import "@croft/core";`],
    ["persistence imports host", "packages/persistence/src/a.ts", `export * from "@croft/host";`],
    ["plugin imports server", "packages/plugin/src/a.ts", `await import("@croft/server");`],
    ["host imports persistence", "packages/host/src/a.ts", `import "@croft/persistence/sqlite";`],
    ["server imports plugin", "packages/server/src/a.test.ts", `import "@croft/plugin";`],
    ["a package imports an example", "packages/host/src/a.ts", `import "@croft/example-one";`],
    ["an example imports an app", "examples/one/src/a.ts", `import "@croft/demo";`],
    ["a test reaches into an app", "test/a.ts", `import "../apps/demo/src/main.tsx";`],
    ["a path leaves its package", "packages/host/src/a.ts", `import "../../core/src/ids.ts";`],
    ["a type counts too", "packages/core/src/a.ts", `import type { A } from "@croft/plugin";`],
    ["protocol imports session", "packages/core/src/protocol/a.ts", `import "../session/b.ts";`],
    ["session imports hub", "packages/core/src/session/a.ts", `import "../hub/b.ts";`],
    ["a channel imports messages", "packages/core/src/channel/a.ts", `import "../protocol/b.ts";`],
    ["replica imports store", "packages/core/src/replica/a.ts", `import "../store/b.ts";`],
    ["a leaf imports a folder", "packages/core/src/ids.ts", `import "./access/b.ts";`],
    ["a folder imports the index", "packages/core/src/hub/a.ts", `import "../index.ts";`],
    ["the index exports testing", "packages/core/src/index.ts", `export * from "./testing/b.ts";`],
    ["core imports Node", "packages/core/src/a.ts", `import "node:fs";`],
    ["a rig", "packages/host/src/a.ts", `import "./testing/b.ts";`],
    ["undeclared", "packages/server/src/a.ts", `import "left-pad";`],
  ])("%s", (_, file, text) => {
    plant(file, text);
    expect(violations(tree)).toEqual([expect.stringContaining(`${file} imports `)]);
  });

  test.each([
    ["core's hub imports its store", "packages/core/src/hub/a.ts", `import "../store/b.ts";`],
    ["a close code", "packages/core/src/channel/a.ts", `import "../protocol/close-code.ts";`],
    ["an app imports an example", "apps/demo/src/a.ts", `import "@croft/example-one";`],
    ["an example imports another", "examples/two/src/a.ts", `import "@croft/example-one/a";`],
    ["host imports plugin", "packages/host/src/a.ts", `import "@croft/plugin";`],
    ["a declared dependency", "packages/core/src/a.ts", `import "yjs"; import "lib0/encoding";`],
    ["Node in the server", "packages/server/src/a.ts", `import "node:fs";`],
    ["a test on a rig", "packages/host/src/a.test.ts", `import "./testing/b.ts";`],
    ["a rig of tests", "packages/host/src/testing/a.ts", `import "vitest"; import "./b.ts";`],
    ["an import in a comment", "packages/core/src/a.ts", `/** import "@croft/host"; */ // "/**"`],
  ])("and nothing else: %s", (_, file, text) => {
    plant(file, text);
    expect(violations(tree)).toEqual([]);
  });

  function plant(file: string, text: string): void {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
    const [kind, name] = file.split("/");
    if (kind !== "packages" || name === undefined) return;
    writeFileSync(
      join(tree, kind, name, "package.json"),
      JSON.stringify({ dependencies: { lib0: "*" }, peerDependencies: { yjs: "*" } }),
    );
  }
});

/** Of a rule that names a single file, its folder. */
function folder(rule: string): string {
  return rule.replace(/\/.*/, "");
}

function foldersIn(path: string): string[] {
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
