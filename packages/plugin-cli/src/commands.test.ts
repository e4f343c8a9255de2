import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseManifest } from "@croft/plugin";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { check } from "./commands.ts";
import { parseCommandLine } from "./command-line.ts";
import { checkDefinition } from "./definition.ts";

const MANIFEST = { id: "stats", name: "Statistics", version: "1.0.0", engine: "*" };
const GOOD = `export default { manifest: ${JSON.stringify(MANIFEST)}, activate() {} };`;

const packages = fileURLToPath(new URL("../..", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "croft-plugin-"));
  const modules = join(folder, "node_modules/@croft");
  mkdirSync(modules, { recursive: true });
  for (const name of ["core", "plugin"]) symlinkSync(join(packages, name), join(modules, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(source: string, manifest: string = JSON.stringify(MANIFEST)): void {
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "manifest.json"), manifest);
  writeFileSync(join(folder, "src/main.ts"), source);
}

describe("check", () => {
  it("is content with a plugin, and notes what people will miss", async () => {
    write(GOOD);
    const lines = await check({ folder }, ["source"]);
    expect(lines[0]).toBe("stats 1.0.0 is fine.");
    expect(lines).toContain("  asks to       nothing beyond its own documents");
    expect(lines.filter((line) => line.startsWith("note: "))).toEqual([
      "note: the manifest has no `description`",
      "note: the manifest names no `publisher`",
      "note: the manifest names no `license`",
      "note: there is no LICENSE file",
    ]);
  });

  it.each([
    ["a syntax error", "export default {", /src\/main\.ts:1: Expected identifier/],
    [
      "a missing import",
      'import "./gone.ts";',
      /src\/main\.ts:1: Could not resolve "\.\/gone\.ts"/,
    ],
    ["a module of Node", 'import "node:fs";', /Could not resolve "node:fs"/],
    [
      "an import at run time",
      'export default await import("https://example.com/x.js");',
      /would import https:\/\/example\.com\/x\.js while it runs/,
    ],
    ["no default export", "export const plugin = 1;", /has no default export/],
    ["a default export that is none", "export default 7;", /exports no plugin as its default/],
    ["a throw", 'throw new Error("no luck");', /threw when it was loaded: Error: no luck/],
    ["a rejection", 'await Promise.reject("no luck");', /threw when it was loaded: no luck/],
    ["an end of the process", "globalThis.process.exit(0);", /it ended the process/],
    [
      "another manifest",
      GOOD.replace("1.0.0", "1.0.1"),
      /defines another manifest than manifest\.json/,
    ],
    ["a manifest that is none", GOOD.replace("1.0.0", "1"), /version: "1" is no version/],
  ])("says what is wrong with %s", async (_what, source, message) => {
    write(source);
    await expect(check({ folder }, ["source"])).rejects.toThrow(message);
  });

  it("says what a folder lacks", async () => {
    await expect(check({ folder }, ["source"])).rejects.toThrow("There is no manifest.json in ");
    write(GOOD, "{");
    await expect(check({ folder }, ["source"])).rejects.toThrow("manifest.json is no JSON: ");
    write(GOOD);
    rmSync(join(folder, "src"), { recursive: true });
    await expect(check({ folder }, ["source"])).rejects.toThrow(
      "There is no src/main.ts, src/main.tsx",
    );
  });

  it("ends a module that does not end", async () => {
    const code = new TextEncoder().encode("for (;;);");
    await expect(checkDefinition(code, parseManifest(MANIFEST), 300)).rejects.toThrow(
      "has not defined its plugin after 0.3 seconds",
    );
  });
});

describe("the command line", () => {
  it.each([
    [[], { kind: "help" }],
    [["--help"], { kind: "help" }],
    [["pack", "--help"], { kind: "help" }],
    [["--version"], { kind: "version" }],
    [["check"], { kind: "check", folder: "." }],
    [["check", "a"], { kind: "check", folder: "a" }],
    [["pack", "a", "--out", "b"], { kind: "pack", folder: "a", out: "b", key: undefined }],
    [["sign", "a"], { kind: "sign", file: "a", key: "publisher.key" }],
    [
      ["verify", "a", "--unsigned"],
      { kind: "verify", file: "a", publisher: undefined, unsigned: true },
    ],
  ])("%j", (args, command) => {
    expect(parseCommandLine(args)).toEqual(command);
  });

  it.each([
    [["packk"], 'There is no command "packk".'],
    [["init"], "Name a folder for the plugin."],
    [["init", "a", "b"], "Name one of them, not 2."],
    [["check", "a", "b"], "Name one folder."],
    [["pack", "--outt", "x"], "Unknown option '--outt'."],
    [["pack", "--out"], "Option '--out <value>' argument missing."],
    [["verify"], "Name a package."],
    [["keygen", "x"], "keygen takes options only."],
    [["toString"], 'There is no command "toString".'],
  ])("%j is a mistake", (args, message) => {
    expect(parseCommandLine(args)).toEqual({ kind: "mistake", message });
  });
});
