/** A plugin while it is written: `croft-plugin dev` as a real process, and an application that follows it. */

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CroftError } from "@croft/core";
import { followDevelopment, loadTrusted } from "@croft/host";
import { createTestTeam, type TestDevice, type TestTeam } from "@croft/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

// Real processes and bundles, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });
const patient = { timeout: 30_000 };

const root = fileURLToPath(new URL("../..", import.meta.url));
const MANIFEST = {
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
  permissions: { documents: [{ pattern: "notes/*", access: "read", reason: "To count." }] },
};

let folder: string;
let command: ChildProcess;
let printed: string;
let url: string;
let team: TestTeam;
let device: TestDevice;
let problems: CroftError[];
let following: Promise<void>;
let ending: AbortController;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "croft-dev-"));
  mkdirSync(join(folder, "src"));
  mkdirSync(join(folder, "node_modules/@croft"), { recursive: true });
  for (const name of ["core", "plugin"]) {
    symlinkSync(join(root, "packages", name), join(folder, "node_modules/@croft", name));
  }
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(MANIFEST));
  save("one");
  await startCommand();
  team = await createTestTeam();
  device = await team.device("ada");
  problems = [];
  follow(url);
});
afterEach(async () => {
  ending.abort();
  await following;
  await team.dispose();
  await stopCommand();
  rmSync(folder, { recursive: true, force: true });
});

/** Saves the plugin's source: it adds a word to a document of its own, and says what it may do with notes. */
function save(word: string): void {
  writeFileSync(
    join(folder, "src/main.js"),
    `import { definePlugin } from "@croft/plugin";
    import manifest from "../manifest.json" with { type: "json" };
    export default definePlugin({ manifest, async activate({ documents }) {
      const [own, note] = [documents.open(documents.own("words")), documents.open("notes/a")];
      await Promise.all([own.ready, note.ready]);
      own.doc.getArray("words").push([${JSON.stringify(word)} + " " + note.state.access]);
      await own.saved("device");
    } });`,
  );
}

async function startCommand(port = "0"): Promise<void> {
  printed = "";
  const cli = join(root, "packages/plugin-cli/src/cli.ts");
  const args = ["--conditions=source", cli, "dev", folder, "--port", port];
  command = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [command.stdout, command.stderr]) {
    stream?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  }
  await expect.poll(() => printed, patient).toMatch(/http:\S+\d+/);
  url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? "";
}

async function stopCommand(): Promise<void> {
  const ended = new Promise((resolve) => command.once("exit", resolve));
  command.kill("SIGINT");
  expect(await ended).toBe(0);
}

function follow(address: string): void {
  ending = new AbortController();
  const { workspace, host } = device;
  following = followDevelopment({
    url: address,
    workspace,
    host,
    load: loadTrusted,
    onProblem: (problem) => problems.push(problem),
    signal: ending.signal,
  });
}

async function words(): Promise<unknown> {
  const handle = device.workspace.open("stats/words");
  await handle.ready;
  const found: unknown = handle.doc.getArray("words").toJSON();
  handle.close();
  return found;
}

const shown = (): readonly string[] =>
  device.host.list().map(({ id, manifest, state }) => `${id} ${manifest.version} ${state.name}`);

it("is taken again whenever it is saved, granted what it asks for, and keeps its data", async () => {
  await expect.poll(words, patient).toEqual(["one read"]);
  save("two");
  await expect.poll(words, patient).toEqual(["one read", "two read"]);
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ ...MANIFEST, version: "1.1.0" }));
  await expect.poll(shown, patient).toEqual(["stats 1.1.0 active"]);
  ending.abort();
  await following;
  expect(shown()).toEqual([]);
  expect(problems).toEqual([]);
});

it("with a mistake in it says so at both ends, and what ran goes on", async () => {
  await expect.poll(shown, patient).toEqual(["stats 1.0.0 active"]);
  writeFileSync(join(folder, "src/main.js"), `export default 1 +;`);
  await expect.poll(() => problems, patient).toMatchObject([{ code: "plugin/package" }]);
  expect(problems[0]?.message).toContain("main.js:1");
  expect(printed).toContain("main.js:1");
  expect(shown()).toEqual(["stats 1.0.0 active"]);
  save("mended");
  await expect.poll(words, patient).toEqual(["one read", "mended read"]);
});

it("is asked for again when the command was started again", async () => {
  await expect.poll(words, patient).toEqual(["one read"]);
  await stopCommand();
  await expect.poll(() => problems, patient).toMatchObject([{ code: "link/offline" }]);
  expect(shown()).toEqual(["stats 1.0.0 active"]);
  save("later");
  await startCommand(new URL(url).port);
  await expect.poll(words, patient).toEqual(["one read", "later read"]);
});

it("is offered to pages of this machine alone, by its own name", async () => {
  const get = (headers: Readonly<Record<string, string>>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = request(url, { headers }, (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode));
      });
      asked.on("error", reject);
      asked.end();
    });
  await expect.poll(shown, patient).toEqual(["stats 1.0.0 active"]);
  expect(await get({ origin: "http://localhost:5173" })).toBe(200);
  expect(await get({ origin: "https://example.com" })).toBe(403);
  expect(await get({ origin: "null" })).toBe(403);
  expect(await get({ host: "example.com" })).toBe(403);
});

it("of another machine is not taken", async () => {
  const { workspace, host } = device;
  const { signal } = ending;
  for (const far of ["http://example.com:5180", "https://127.0.0.1", "stats"]) {
    await expect(
      followDevelopment({ url: far, workspace, host, load: loadTrusted, signal }),
    ).rejects.toMatchObject({ code: "input/invalid" });
  }
});
