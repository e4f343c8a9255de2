// Workspaces as files: what is exported, what is taken in again, and what is refused as a whole.

import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  createGate,
  createHub,
  createMemoryStore,
  CroftError,
  exportDocuments,
  type Hub,
  importDocument,
  type Store,
} from "@croft/core";
import { openSqliteStore } from "@croft/persistence/sqlite";
import { afterEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { AdminRig } from "../testing/admin-rig.ts";
import { writeExport } from "./export-file.ts";
import { type ImportReport, importWorkspace } from "./import-workspace.ts";

const directory = mkdtempSync(join(tmpdir(), "croft-transfer-"));
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));

function updateOf(text: string, client?: number): Uint8Array {
  const doc = new Y.Doc();
  if (client !== undefined) doc.clientID = client;
  doc.getText("body").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

async function hubOf(store: Store = createMemoryStore()): Promise<Hub> {
  const hub = await createHub({ store, gate: createGate() });
  cleanups.push(() => hub.dispose());
  return hub;
}

async function fill(hub: Hub, texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(texts)) {
    await importDocument(hub, { path, update: updateOf(text), author: "ada" });
  }
}

async function textsOf(hub: Hub): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for await (const { path, update } of exportDocuments(hub)) {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, update);
    texts[path] = doc.getText("body").toString();
  }
  return texts;
}

async function exported(hub: Hub): Promise<string> {
  let text = "";
  for await (const piece of writeExport("acme", new Date(0), exportDocuments(hub)))
    text += piece.toString("utf8");
  return text;
}

let files = 0;
function fileOf(content: string): string {
  const path = join(directory, `${++files}.ndjson`);
  writeFileSync(path, content);
  return path;
}

const bring = (hub: Hub, content: string, conflicts?: "copy" | "skip"): Promise<ImportReport> =>
  importWorkspace(hub, fileOf(content), { user: "importer", conflicts });

const TEXTS = {
  "notes/a": "first",
  "notes/b": "second",
  "app/users/ada/x": "hers",
  "notes/𝒜": "z",
};

describe("a workspace that is exported", () => {
  it("is the same where it is imported, and importing it again changes nothing", async () => {
    const from = await hubOf();
    await fill(from, TEXTS);
    await fill(from, { "notes/gone": "deleted" });
    await from.deleteDocument("notes/gone");
    const file = await exported(from);
    const to = await hubOf();
    expect(await bring(to, file)).toEqual({ stored: 4, known: 0, conflicts: [] });
    expect(await textsOf(to)).toEqual(TEXTS);
    expect(await exported(to)).toContain(file.split("\n")[1]?.split('"update"')[1] ?? "nothing");
    expect(await bring(to, file)).toEqual({ stored: 0, known: 4, conflicts: [] });
    expect(await bring(from, file)).toEqual({ stored: 0, known: 4, conflicts: [] });
  });

  it("is merged with what is there, also what was deleted in a document since", async () => {
    const from = await hubOf();
    const doc = new Y.Doc();
    doc.getText("body").insert(0, "one two");
    const path = "notes/a";
    await importDocument(from, { path, update: Y.encodeStateAsUpdate(doc), author: "ada" });
    const to = await hubOf();
    await bring(to, await exported(from));
    await importDocument(to, { path, update: updateOf("here "), author: "bob" });
    doc.getText("body").delete(0, 4);
    await importDocument(from, { path, update: Y.encodeStateAsUpdate(doc), author: "ada" });
    expect(await bring(to, await exported(from))).toMatchObject({ stored: 1 });
    // Which of the two comes first, their client ids say.
    expect(["here two", "twohere "]).toContain((await textsOf(to))[path]);
  });

  it("goes into another document where other edits have the same ids, or is left out", async () => {
    const from = await hubOf();
    await importDocument(from, { path: "notes/a", update: updateOf("theirs", 7), author: "ada" });
    const file = await exported(from);
    const to = await hubOf();
    await importDocument(to, { path: "notes/a", update: updateOf("ours!!", 7), author: "bob" });
    const left = await bring(to, file, "skip");
    expect(left.conflicts).toEqual([
      { path: "notes/a", reason: "other edits are here under the same client ids" },
    ]);
    expect(await textsOf(to)).toEqual({ "notes/a": "ours!!" });
    for (let times = 0; times < 2; times++) {
      const { conflicts } = await bring(to, file);
      expect(conflicts).toMatchObject([{ path: "notes/a", copy: "notes/a-imported" }]);
      expect(await textsOf(to)).toEqual({ "notes/a": "ours!!", "notes/a-imported": "theirs" });
    }
  });
});

describe("a broken file", () => {
  it.each<[string, (lines: string[]) => string]>([
    ["the end is missing", (lines) => lines.slice(0, -2).join("\n")],
    ["the end is missing", (lines) => `${lines.slice(0, -2).join("\n")}\n`],
    ["the number of documents or the hash", (lines) => lines.toSpliced(2, 1).join("\n")],
    ["the number of documents or the hash", (lines) => lines.join("\n").replace("1970", "1971")],
    ["twice, or out of order", (lines) => lines.toSpliced(2, 0, lines[2] ?? "").join("\n")],
    [
      "twice, or out of order",
      (lines) =>
        lines
          .with(1, lines[2] ?? "")
          .with(2, lines[1] ?? "")
          .join("\n"),
    ],
    ["something after the last line", (lines) => `${lines.join("\n")}{}\n`],
    ["line 2: it is no JSON", (lines) => lines.with(1, "{").join("\n")],
    [
      "line 2: path is no document's",
      (lines) => lines.with(1, '{"path":"a","update":""}').join("\n"),
    ],
    [
      "line 2: update is no document's",
      (lines) => lines.with(1, '{"path":"app/a","update":"-"}').join("\n"),
    ],
    ["is malformed", (lines) => lines.with(1, '{"path":"app/a","update":"AAAA"}').join("\n")],
    ["no export of a croft workspace", (lines) => lines.slice(1).join("\n")],
    ["the end is missing", () => ""],
    ["it has version 2", (lines) => lines.join("\n").replace('"version":1', '"version":2')],
  ])("is refused as a whole: %s", async (message, damage) => {
    const from = await hubOf();
    // More than are brought in at once: what is found at the end is found after that.
    const many = Array.from({ length: 200 }, (_, index) => [`notes/z${index}`, "x"] as const);
    await fill(from, { ...TEXTS, ...Object.fromEntries(many) });
    const file = damage((await exported(from)).split("\n"));
    const to = await hubOf();
    const error: unknown = await bring(to, file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CroftError);
    expect(String(error)).toContain(message);
    expect(await textsOf(to)).toEqual({});
  });
});

describe("over HTTP", () => {
  it("who administers exports and imports; nobody else does", async () => {
    const rig = new AdminRig({ idleAfter: 0 });
    cleanups.push(() => rig.dispose());
    await rig.start();
    const from = await hubOf();
    await fill(from, TEXTS);
    const file = await exported(from);
    const admin = await rig.mint({ user: "operator", admin: true });
    const ask = (path: string, token: string, body?: string): Promise<Response> =>
      fetch(`${rig.server.url}/api/acme${path}`, {
        headers: { authorization: `Bearer ${token}` },
        ...(body !== undefined && { method: "POST", body }),
      });
    const member = await rig.mint({ user: "ada" });
    for (const refused of [await ask("/export", member), await ask("/import", member, file)])
      expect([401, 403]).toContain(refused.status);
    const broken = await ask("/import", admin, file.slice(0, -3));
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ error: { code: "input/invalid" } });
    expect(await (await ask("/import", admin, file)).json()).toEqual({
      ...{ stored: 4, known: 0, conflicts: [] },
    });
    const answer = await ask("/export", admin);
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    const again = await hubOf();
    await bring(again, await answer.text());
    expect(await textsOf(again)).toEqual(TEXTS);
    expect((await rig.ask("HEAD", "/export")).status).toBe(200);
  });
});

describe("a large workspace", () => {
  it("is moved with little memory", async () => {
    const count = 10_000;
    const store = await openSqliteStore({ path: join(directory, "large.sqlite") });
    const from = await hubOf(store);
    const update = updateOf("x".repeat(8000));
    const paths = Array.from({ length: count }, (_, index) => `notes/${index}`);
    for (let at = 0; at < count; at += 500) {
      const some = paths.slice(at, at + 500);
      await Promise.all(some.map((path) => importDocument(from, { path, update, author: "ada" })));
    }
    const file = join(directory, "large.ndjson");
    const before = process.memoryUsage().rss;
    let most = 0;
    await pipeline(writeExport("acme", new Date(), exportDocuments(from)), createWriteStream(file));
    most = Math.max(most, process.memoryUsage().rss);
    const to = await hubOf(await openSqliteStore({ path: join(directory, "moved.sqlite") }));
    const report = await importWorkspace(to, file, { user: "importer" });
    most = Math.max(most, process.memoryUsage().rss);
    expect(report).toEqual({ stored: count, known: 0, conflicts: [] });
    // The file has more than 100 MB.
    expect((most - before) / 1e6).toBeLessThan(100);
  }, 120_000);
});
