// Every TypeScript example in the documents and in TSDoc comments compiles; those marked `run` run.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { mintToken, startServer } from "@croft/server";
import { describe, expect, it } from "vitest";
import { asModule, typeCheck } from "./compile.ts";
import { codeBlocks, documents, generated, root } from "./markdown.ts";
import { tsdocExamples } from "./tsdoc.ts";

const blocks = documents
  .filter((file) => !generated.has(file))
  .flatMap(codeBlocks)
  .filter(({ info }) => /^(ts|tsx|typescript)\b/.test(info));
const checked = blocks.filter(({ info }) => !info.startsWith("ts ignore"));

describe("code in documents", () => {
  it("is marked `ts`, `ts run`, or `ts ignore:` with a reason", () => {
    const odd = blocks.filter(({ info }) => !/^ts( run| ignore: .{10,})?$/.test(info));
    expect(odd.map(({ file, line, info }) => `${file}:${line} ${info}`)).toEqual([]);
  });

  it("compiles, and so do the examples of TSDoc comments", async () => {
    expect(await typeCheck([...checked, ...tsdocExamples()])).toEqual([]);
  }, 120_000);

  it.each(checked.filter(({ info }) => info === "ts run"))(
    "$file:$line runs",
    async (block) => {
      await run(asModule(block));
    },
    60_000,
  );

  it("in the README works, with a store of Node and against a real server", async () => {
    const [example] = codeBlocks("README.md").filter(({ info }) => info === "ts");
    const data = mkdtempSync(join(tmpdir(), "croft-readme-"));
    const secret = "a secret of the test, long enough";
    const server = await startServer({ port: 0, secret, data, log: () => undefined });
    try {
      const token = await mintToken({ secret, workspace: "acme", user: "ada" });
      const changes = [
        ["persistence/indexeddb", "persistence/sqlite"],
        ["import { indexeddbStore }", "import { sqliteStore }"],
        ['indexeddbStore({ name: "acme-ada" })', 'sqliteStore({ path: "acme-ada.sqlite" })'],
        ["ws://127.0.0.1:8787", server.url.replace("http", "ws")],
        ['(await fetch("/token")).text()', JSON.stringify(token)],
      ] as const;
      let program = example?.code ?? "";
      for (const [from, to] of changes) {
        expect(program).toContain(from);
        program = program.replace(from, to);
      }
      const printed = await run(`${program}
        const total = workspace.open("counter/total");
        while (total.doc.getMap("words").get("welcome") === undefined) {
          await new Promise((resolve) => total.doc.once("update", resolve));
        }
        await page.saved("server");
        await host.dispose();
        await workspace.dispose();
      `);
      expect(printed.trim()).toBe("read write none");
    } finally {
      await server.close();
      rmSync(data, { recursive: true, force: true });
    }
  }, 60_000);
});

/** Runs a program that ends by itself; rejects with what it said if that was not well. */
async function run(program: string): Promise<string> {
  // Below the root, where the packages are found; not below node_modules, where Node strips no types.
  const parent = join(root, ".croft");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "croft-docs-run-"));
  try {
    const file = join(folder, "example.ts");
    writeFileSync(file, program);
    const options = { cwd: folder, timeout: 30_000 };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=source", file],
      options,
    );
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
