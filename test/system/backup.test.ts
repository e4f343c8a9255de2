// Real processes: a server that is backed up while people write, is lost with its disk, and is restored to a moment; and one whose
// workspace moves to another as a file.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, openWorkspace, type Workspace } from "@croft/core";
import { mintToken } from "@croft/server";
import { afterEach, expect, it } from "vitest";
import {
  runServerCommand,
  SECRET,
  type ServerProcess,
  startServerProcess,
} from "../support/server-process.ts";

const root = mkdtempSync(join(tmpdir(), "croft-system-backup-"));
const workspaces: Workspace[] = [];
let server: ServerProcess | undefined;
afterEach(async () => {
  for (const workspace of workspaces.splice(0)) await workspace.dispose();
  await server?.kill();
  rmSync(root, { recursive: true, force: true });
});

async function device(url: string, user: string, id = "acme"): Promise<Workspace> {
  const workspace = await openWorkspace({
    id,
    user,
    store: async () => createMemoryStore(),
    sync: { url, token: () => mintToken({ secret: SECRET, workspace: id, user }) },
  });
  workspaces.push(workspace);
  return workspace;
}

async function type(workspace: Workspace, path: string, word: string): Promise<void> {
  const page = workspace.open(path);
  await page.ready;
  const body = page.doc.getText("body");
  body.insert(body.length, word);
  await page.saved("server");
}

/** What somebody sees who comes for the first time. */
async function read(url: string, path: string, text: string): Promise<void> {
  const reader = await device(url, `reader-${workspaces.length}`);
  const page = reader.open(path);
  await expect.poll(() => page.doc.getText("body").toString(), { timeout: 10_000 }).toBe(text);
  await page.caughtUp();
  expect(page.doc.getText("body").toString()).toBe(text);
}

const backups = (): readonly string[] =>
  readdirSync(join(root, "backup"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".sqlite"),
  );

it("a server is backed up while it is used, dies with its data, and is restored to a moment; devices bring back the rest", async () => {
  const data = join(root, "data");
  const backup = ["--backup", join(root, "backup")];
  server = await startServerProcess({ data, flags: backup });
  const { port } = server;
  const ada = await device(server.url, "ada");
  const bob = await device(server.url, "bob");
  await type(ada, "notes/page", "0 ");
  await expect.poll(backups, { timeout: 10_000 }).toHaveLength(1);
  const moments: { readonly at: string; readonly text: string }[] = [];
  let text = "0 ";
  for (let count = 1; count <= 6; count++) {
    const word = `${count} `;
    await type(ada, "notes/page", word);
    text += word;
    await type(bob, `notes/own-${count}`, word);
    // All that was acknowledged before this is in; the next is at least a millisecond later.
    const at = Date.now();
    moments.push({ at: new Date(at).toISOString(), text });
    await expect.poll(() => Date.now(), { interval: 1 }).toBeGreaterThan(at + 1);
  }
  await server.kill();
  rmSync(data, { recursive: true });

  const chosen = moments[2];
  if (!chosen) throw new Error("no moment");
  const restored = join(root, "restored");
  const from = join(root, "backup");
  const restore = ["restore", "--from", from, "--data", restored];
  const done = await runServerCommand([...restore, "--at", chosen.at]);
  expect(done.stderr).toBe("");
  expect(done.code).toBe(0);
  expect(done.stdout).toContain("commits after the copy, until 2");

  // Nobody has found it yet: it is exactly what was acknowledged until then.
  server = await startServerProcess({ data: restored });
  await read(server.url, "notes/page", chosen.text);
  await read(server.url, "notes/own-3", "3 ");
  const late = await device(server.url, "late");
  const listing = late.listing("notes/");
  await listing.ready;
  await expect
    .poll(() => listing.documents.map(({ path }) => path), { timeout: 10_000 })
    .toEqual(["notes/own-1", "notes/own-2", "notes/own-3", "notes/page"]);
  await server.stop();

  // A second time it is refused: there is data now.
  const again = await runServerCommand([...restore, "--at", chosen.at]);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("is not empty");

  // Where the devices look for it: what it lost comes back.
  server = await startServerProcess({ data: restored, port, recover: true, flags: backup });
  await read(server.url, "notes/page", text);
  await read(server.url, "notes/own-6", "6 ");
  await type(ada, "notes/page", "more");
  await read(server.url, "notes/page", `${text}more`);
  await server.kill();

  // The backup went on from what was restored.
  const second = join(root, "second");
  const latest = await runServerCommand(["restore", "--from", from, "--data", second]);
  expect(latest.code).toBe(0);
  server = await startServerProcess({ data: second });
  await read(server.url, "notes/page", `${text}more`);
}, 60_000);

it("killed in the middle of many writes, its backup has all that was acknowledged, and no more than was written", async () => {
  const data = join(root, "data");
  const backup = join(root, "backup");
  server = await startServerProcess({ data, flags: ["--backup", backup] });
  const { url } = server;
  const devices = await Promise.all(["ada", "bob", "cyd"].map((user) => device(url, user)));
  await type(await device(url, "dan"), "notes/first", "x");
  await expect.poll(backups, { timeout: 10_000 }).toHaveLength(1);
  const acknowledged = new Map<Workspace, number>();
  const killed = Promise.withResolvers<void>();
  let running = true;
  const work = devices.map(async (workspace, index) => {
    const page = workspace.open(`notes/${index}`);
    await page.ready;
    for (let count = 1; running; count++) {
      const body = page.doc.getText("body");
      body.insert(body.length, `${count} `);
      await Promise.race([page.saved("server"), killed.promise]);
      if (running) acknowledged.set(workspace, count);
    }
  });
  await expect
    .poll(() => Math.min(...devices.map((each) => acknowledged.get(each) ?? 0)))
    .toBeGreaterThan(40);
  running = false;
  await server.kill();
  killed.resolve();
  await Promise.all(work);
  for (const workspace of workspaces.splice(0)) await workspace.dispose();

  const restored = join(root, "restored");
  const args = ["restore", "--from", backup, "--data", restored];
  expect(await runServerCommand(args)).toMatchObject({ code: 0, stderr: "" });
  server = await startServerProcess({ data: restored });
  const reader = await device(server.url, "eve");
  for (const [index, workspace] of devices.entries()) {
    const page = reader.open(`notes/${index}`);
    await page.caughtUp();
    const words = page.doc.getText("body").toString().trimEnd().split(" ").map(Number);
    expect(words).toEqual(words.map((_, at) => at + 1));
    const least = acknowledged.get(workspace) ?? 0;
    expect(words.length).toBeGreaterThanOrEqual(least);
    expect(words.length).toBeLessThanOrEqual(least + 1);
  }
}, 60_000);

it("copies while a server writes, and says what is wrong", async () => {
  const data = join(root, "data");
  server = await startServerProcess({ data });
  const ada = await device(server.url, "ada");
  await type(ada, "notes/page", "copied");
  const to = join(root, "copies");
  const copied = await runServerCommand(["backup", "--data", data, "--to", to]);
  expect(copied).toMatchObject({ code: 0, stderr: "" });
  const restored = join(root, "restored");
  const args = ["restore", "--from", to, "--data", restored];
  expect(await runServerCommand(args)).toMatchObject({ code: 0, stderr: "" });
  await server.stop();
  server = await startServerProcess({ data: restored });
  await read(server.url, "notes/page", "copied");

  const mistakes: readonly (readonly [args: readonly string[], code: number, message: string])[] = [
    [["backup"], 2, "--to is needed"],
    [["backup", "--data", join(root, "nowhere"), "--to", to], 1, "cannot be read"],
    [["backup", "--data", data, "--to", to, "--workspace", "other"], 1, "No workspace is in"],
    [[...args, "--at", "yesterday"], 2, "--at must be like"],
    [
      ["restore", "--from", to, "--data", join(root, "x"), "--at", "2001-01-01T00:00:00Z"],
      1,
      "no backup from before",
    ],
  ];
  for (const [line, code, message] of mistakes) {
    const answer = await runServerCommand(line);
    expect(answer.code).toBe(code);
    expect(answer.stderr).toContain(message);
    expect(answer.stderr.trimEnd()).not.toContain("\n");
  }
}, 60_000);

it("a workspace is exported while it is used, and imported where no server uses it", async () => {
  const data = join(root, "data");
  server = await startServerProcess({ data });
  const ada = await device(server.url, "ada");
  await type(ada, "notes/page", "moved");
  const file = join(root, "acme.ndjson.gz");
  const workspace = ["--workspace", "acme"];
  const exported = await runServerCommand(["export", ...workspace, "--data", data, "--to", file]);
  expect(exported).toEqual({ code: 0, stdout: `${file}: 1 document\n`, stderr: "" });
  const bring = ["import", ...workspace, "--from", file];
  const inUse = await runServerCommand([...bring, "--data", data]);
  expect(inUse.code).toBe(1);
  expect(inUse.stderr).toContain("A server is using acme.");
  await type(ada, "notes/page", " and on");
  await server.stop();

  const elsewhere = join(root, "elsewhere");
  const imported = await runServerCommand([...bring, "--data", elsewhere]);
  expect(imported).toEqual({ code: 0, stdout: "acme: 1 stored, 0 known\n", stderr: "" });
  server = await startServerProcess({ data: elsewhere });
  await read(server.url, "notes/page", "moved");
}, 60_000);
