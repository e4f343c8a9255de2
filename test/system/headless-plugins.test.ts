/** Plugins without a person's device: in Node, in a process of their own, with a token that admits them alone to a real server. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, type CroftError, openWorkspace, type Workspace } from "@croft/core";
import { createPluginHost, type PluginHost } from "@croft/host";
import { createForkedLoader } from "@croft/host/node";
import type { PluginManifestInput } from "@croft/plugin";
import { packPlugin, readPackage } from "@croft/plugin/package";
import { mintToken } from "@croft/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bundleSource } from "../support/plugin-bundle.ts";
import { SECRET, type ServerProcess, startServerProcess } from "../support/server-process.ts";

// Real processes and bundles, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });
const patient = { timeout: 30_000 };

const MANIFEST: PluginManifestInput = {
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
  permissions: {
    documents: [{ pattern: "notes/*", access: "write", reason: "To count and correct." }],
  },
};

let data: string;
let server: ServerProcess;
let ada: Workspace;
let agent: Workspace;
let host: PluginHost;
let problems: CroftError[];
let logged: string[];

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "croft-headless-"));
  server = await startServerProcess({ data });
  ada = await open({});
  // What Ada may do is all; what her plugin was granted is to read notes.
  agent = await open({ plugin: { id: "stats", grants: ["notes/*:read"] } });
  problems = [];
  logged = [];
  host = createPluginHost({
    workspace: agent,
    onProblem: (problem) => problems.push(problem),
    onLog: ({ message }) => logged.push(message),
  });
});
afterEach(async () => {
  await host.dispose();
  await Promise.all([ada.dispose(), agent.dispose()]);
  await server.kill();
  await rm(data, { recursive: true, force: true });
});

async function open(
  claims: Pick<Parameters<typeof mintToken>[0], "plugin" | "grants">,
): Promise<Workspace> {
  const token = () => mintToken({ secret: SECRET, workspace: "acme", user: "ada", ...claims });
  return openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
    sync: { url: server.url, token, backOff: { first: 20, max: 100 } },
  });
}

/** Registers a plugin that does this when it is activated, in a process of its own. */
async function register(activate: string, memory?: number): Promise<void> {
  const source = `export default { topics: {}, deactivate() {}, async activate(context) { ${activate} } };`;
  const code = await bundleSource(source, MANIFEST);
  const files = new Map([["main.js", code]]);
  const found = await readPackage(await packPlugin({ manifest: MANIFEST, files }));
  host.register(await createForkedLoader({ memory })(found, { workspace: agent, host }));
  host.grant("stats", { documents: [{ pattern: "notes/*", access: "write" }] });
}

async function write(workspace: Workspace, path: string, text: string): Promise<void> {
  const handle = workspace.open(path);
  await handle.ready;
  handle.doc.getText("body").insert(0, text);
  await handle.saved("server");
  handle.close();
}

const state = (): string | undefined => host.list()[0]?.state.name;

describe("a plugin without a device", () => {
  it("reads what it was granted, writes what is its own, and is stamped by the server", async () => {
    await write(ada, "notes/a", "three short words");
    await write(ada, "tasks/a", "not for it");
    const authors: string[] = [];
    ada.onChanged(({ author, path }) => authors.push(`${author}: ${path}`));
    await register(`
      const [note, task, own] = ["notes/a", "tasks/a", "stats/seen"].map((path) => context.documents.open(path));
      await Promise.all([note.ready, task.ready, own.ready]);
      const text = () => note.doc.getText("body").toString();
      while (text() === "") await new Promise((resolve) => note.doc.once("update", resolve));
      own.doc.getText("body").insert(0, text() + " | " + task.doc.getText("body"));
      await own.saved("device");
    `);
    await host.activate("stats");
    const seen = ada.open("stats/seen");
    await expect
      .poll(() => seen.doc.getText("body").toString(), patient)
      .toBe("three short words | ");
    expect(authors).toEqual(["ada/stats@1.0.0: stats/seen"]);
    seen.close();
  });

  it("is refused by the server what it was not granted there, whatever its host says", async () => {
    await write(ada, "notes/a", "as it was");
    await register(`
      const note = context.documents.open("notes/a");
      await note.ready;
      while (note.doc.getText("body").length === 0) await new Promise((resolve) => note.doc.once("update", resolve));
      note.onDenied(({ reason }) => context.log.info("denied: " + reason));
      note.doc.getText("body").insert(0, "changed ");
      await note.saved("server").catch((error) => context.log.info(error.code));
    `);
    await host.activate("stats");
    await expect.poll(() => logged, patient).toContain("access/denied");
    const note = ada.open("notes/a");
    await note.ready;
    expect(note.doc.getText("body").toString()).toBe("as it was");
    note.close();
    // What it wrote is not lost: it is in the quarantine of the device that it ran on.
    await expect.poll(async () => (await agent.quarantine.list()).length, patient).toBe(1);
  });
});

describe("its process", () => {
  it("has no files, no processes, no workers and nothing of the application's surroundings", async () => {
    await register(`
      const tried = {};
      const attempt = async (name, run) => {
        try { await run(); tried[name] = "done"; } catch (error) { tried[name] = error.code; }
      };
      const get = (name) => process.getBuiltinModule(name);
      await attempt("read", () => get("node:fs").readFileSync("/etc/hostname"));
      await attempt("write", () => get("node:fs").writeFileSync("/tmp/croft-leak", ""));
      await attempt("spawn", () => get("node:child_process").spawnSync("true"));
      await attempt("worker", () => new (get("node:worker_threads").Worker)("1", { eval: true }));
      await attempt("eval", () => (0, eval)("1"));
      tried.env = Object.keys(process.env).length;
      context.log.info(JSON.stringify(tried));
    `);
    await host.activate("stats");
    const [line = ""] = logged;
    const tried = JSON.parse(line) as Record<string, unknown>;
    expect(tried).toMatchObject({
      read: "ERR_ACCESS_DENIED",
      write: "ERR_ACCESS_DENIED",
      spawn: "ERR_ACCESS_DENIED",
      worker: "ERR_ACCESS_DENIED",
      env: 0,
    });
    expect(tried.eval).not.toBe("done");
  });

  it("that loops is ended, and the host goes on", async () => {
    await register(`context.events.subscribe("stats/go", () => { for (;;); });`);
    await host.activate("stats");
    await host.events.publish("stats/go", null);
    await expect.poll(() => problemsOf("it does not answer"), patient).toBeGreaterThan(0);
    await write(ada, "notes/b", "the host goes on");
  });

  it("that takes too much memory is ended, and the host goes on", async () => {
    await register(
      `context.events.subscribe("stats/go", () => {
        const all = [];
        for (;;) all.push(new Array(1000).fill(all.length));
      });`,
      32,
    );
    await host.activate("stats");
    await host.events.publish("stats/go", null);
    await expect.poll(() => problemsOf("ran out of memory"), patient).toBeGreaterThan(0);
    await write(ada, "notes/b", "the host goes on");
  });

  it("that serves no plugin says so", async () => {
    const files = new Map([["main.js", new TextEncoder().encode("export default 1;")]]);
    const found = await readPackage(await packPlugin({ manifest: MANIFEST, files }));
    host.register(await createForkedLoader()(found, { workspace: agent, host }));
    await expect(host.activate("stats")).rejects.toMatchObject({
      code: "plugin/failed",
      message: expect.stringContaining("the module serves no plugin"),
    });
    expect(state()).toBe("failed");
  });
});

function problemsOf(text: string): number {
  return [...problems.map(({ message }) => message), ...logged].filter((each) =>
    each.includes(text),
  ).length;
}
