import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import * as z from "zod";
import { counter, defineCollection, list, openCollection } from "../collection/index.ts";
import { parseDocPath } from "../doc-path.ts";
import type { DocumentHandle } from "../replica/document-handle.ts";
import { createRig, grants, type Rig, type RigDevice } from "../testing/rig.ts";
import type { Workspace } from "../workspace.ts";

const PAGE = "notes/page";

let rig: Rig;
let ada: RigDevice;
let page: DocumentHandle;

beforeEach(async () => {
  rig = await createRig();
  ada = await rig.device("ada");
  page = ada.workspace.open(PAGE);
  page.doc.getText("body").insert(0, "Hello world");
  page.doc.getMap("meta").set("title", "Greeting");
  await page.saved("server");
});
afterEach(async () => {
  await rig.dispose();
});

/** Edits made offline, which the server refuses when they arrive. */
async function refuse(edit: (doc: Y.Doc) => void): Promise<void> {
  ada.workspace.sync.pause();
  edit(page.doc);
  await page.saved("device");
  rig.gate.limitUser("ada", grants("notes/**:read"));
  ada.workspace.sync.resume();
  await expect.poll(() => ada.workspace.quarantine.list()).toHaveLength(1);
  await expect.poll(() => page.doc.getText("body").toString()).toBe("Hello world");
}

async function only({
  quarantine,
}: Workspace): Promise<Awaited<ReturnType<typeof quarantine.list>>[0]> {
  const [record] = await quarantine.list();
  if (!record) throw new Error("the quarantine is empty");
  return record;
}

async function onServer(path: string): Promise<string> {
  const reader = await rig.device("reader");
  const handle = reader.workspace.open(path);
  await handle.caughtUp();
  return handle.doc.getText("body").toString();
}

describe("refused edits", () => {
  it("are read as documents, and in words", async () => {
    await refuse((doc) => {
      doc.transact(() => {
        doc.getText("body").delete(0, 5);
        doc.getText("body").insert(0, "Goodbye,");
        doc.getMap("meta").set("title", "Farewell");
        doc.getMap("meta").set("done", true);
        doc.getArray("tags").insert(0, ["sad", 7]);
      });
    });
    const record = await only(ada.workspace);
    const { accepted, withEdits, complete, changes } = await ada.workspace.quarantine.read(
      record.id,
    );
    expect(accepted.getText("body").toString()).toBe("Hello world");
    expect(withEdits.getText("body").toString()).toBe("Goodbye, world");
    expect(withEdits.getMap("meta").toJSON()).toEqual({ title: "Farewell", done: true });
    expect(complete).toBe(true);
    expect(changes).toHaveLength(4);
    expect(changes).toEqual(
      expect.arrayContaining([
        {
          kind: "text",
          at: ["body"],
          parts: [
            { kind: "deleted", text: "Hello" },
            { kind: "inserted", text: "Goodbye," },
            { kind: "kept", text: " world" },
          ],
        },
        { kind: "entry", at: ["meta"], key: "title", before: "Greeting", after: "Farewell" },
        { kind: "entry", at: ["meta"], key: "done", before: undefined, after: true },
        { kind: "items", at: ["tags"], inserted: ["sad", 7], deleted: 0 },
      ]),
    );
    // Looking changes nothing.
    expect(page.doc.getText("body").toString()).toBe("Hello world");
    expect(await ada.workspace.quarantine.list()).toHaveLength(1);
  });

  it("tell where in nested types they are", async () => {
    const nested = new Y.Map();
    nested.set("list", Y.Array.from(["one"]));
    page.doc.getMap("meta").set("nested", nested);
    await page.saved("server");
    await refuse((doc) => {
      const list = (doc.getMap("meta").get("nested") as Y.Map<Y.Array<string>>).get("list");
      list?.push(["two"]);
    });
    const { changes } = await ada.workspace.quarantine.read((await only(ada.workspace)).id);
    expect(changes).toEqual([
      { kind: "items", at: ["meta", "nested", "list"], inserted: ["two"], deleted: 0 },
    ]);
  });

  it("tell which fields of which records of a collection they change", async () => {
    const plants = defineCollection("plants", { name: z.string(), water: z.number().optional() });
    openCollection(page, plants).insert({ id: "a", name: "Beans", water: 1 });
    await page.saved("server");
    await refuse(() => {
      const opened = openCollection(page, plants);
      opened.update("a", { name: "Peas", water: undefined });
      opened.insert({ id: "b", name: "Kale" });
      opened.dispose();
    });
    const { changes } = await ada.workspace.quarantine.read((await only(ada.workspace)).id);
    const at = ["plants"];
    expect(changes).toEqual([
      { kind: "entry", at, key: "a/name", before: "Beans", after: "Peas" },
      { kind: "entry", at, key: "a/water", before: 1, after: undefined },
      { kind: "entry", at, key: "b/", before: undefined, after: true },
      { kind: "entry", at, key: "b/name", before: undefined, after: "Kale" },
    ]);
  });

  it("tell of a record that was deleted and made again by its fields", async () => {
    const plants = defineCollection("plants", { name: z.string(), water: z.number().optional() });
    openCollection(page, plants).insert({ id: "a", name: "Beans", water: 1 });
    await page.saved("server");
    await refuse(() => {
      const opened = openCollection(page, plants);
      opened.delete("a");
      opened.insert({ id: "a", name: "Peas" });
      opened.dispose();
    });
    const { changes } = await ada.workspace.quarantine.read((await only(ada.workspace)).id);
    expect(changes.map((change) => ({ ...change, at: undefined, kind: undefined }))).toEqual(
      expect.arrayContaining([
        { key: "a/name", before: "Beans", after: "Peas" },
        { key: "a/water", before: 1, after: undefined },
      ]),
    );
    expect(changes).toHaveLength(3);
  });

  it("of records hold when they are put back, whatever others set since", async () => {
    const plants = defineCollection("plants", {
      name: z.string(),
      water: z.number().optional(),
      votes: counter(),
      steps: list(z.string()),
    });
    const made = openCollection(page, plants).insert({ id: "a", name: "Beans", steps: ["dig"] });
    const [dig = ""] = made.steps.map(({ id }) => id);
    await page.saved("server");
    const ben = await rig.device("ben");
    const theirs = ben.workspace.open(PAGE);
    await theirs.caughtUp();
    const others = openCollection(theirs, plants);
    await refuse(() => {
      const opened = openCollection(page, plants);
      opened.update("a", { name: "Peas" });
      opened.counter("a", "votes").add(2);
      opened.list("a", "steps").replace(dig, "hoe");
      opened.dispose();
    });
    for (const name of ["Kale", "Leek", "Mint"]) others.update("a", { name, water: 2 });
    others.list("a", "steps").replace(dig, "rake");
    others.counter("a", "votes").add(1);
    await theirs.saved("server");
    rig.gate.limitUser("ada", undefined);
    const all = openCollection(page, plants);
    await expect.poll(() => all.get("a")?.name).toBe("Mint");
    await expect.poll(() => page.state.access).toBe("write");
    all.counter("a", "votes").add(4);
    const { quarantine } = ada.workspace;
    const { id } = await only(ada.workspace);
    expect((await quarantine.read(id)).changes).toContainEqual({
      kind: "entry",
      at: ["plants"],
      key: "a/name",
      before: "Mint",
      after: "Peas",
    });
    await quarantine.retry(id);
    expect(await quarantine.list()).toEqual([]);
    const expected = { name: "Peas", water: 2, votes: 7, steps: [{ id: dig, value: "hoe" }] };
    for (const each of [all, others])
      await expect.poll(() => each.get("a")).toMatchObject(expected);
  });

  it("[SYNC-11] are put back under fresh client ids, once access came back", async () => {
    await refuse((doc) => doc.getText("body").insert(5, ", dear"));
    const record = await only(ada.workspace);
    const again = ada.workspace.quarantine.retry(record.id);
    await expect(again).rejects.toMatchObject({ code: "access/denied", path: PAGE });
    expect(await ada.workspace.quarantine.list()).toHaveLength(1);

    rig.gate.limitUser("ada", undefined);
    await expect.poll(() => page.state.access).toBe("write");
    // Others went on meanwhile.
    const ben = await rig.device("ben");
    const seen = ben.workspace.open(PAGE);
    await seen.caughtUp();
    seen.doc.getText("body").insert(11, "!");
    await seen.saved("server");

    const heard: number[] = [];
    ada.workspace.quarantine.onChange(() => heard.push(1));
    const { quarantine } = ada.workspace;
    await Promise.all([quarantine.retry(record.id), quarantine.retry(record.id)]);
    expect(await ada.workspace.quarantine.list()).toEqual([]);
    expect(heard.length).toBeGreaterThan(0);
    await expect.poll(() => page.doc.getText("body").toString()).toBe("Hello, dear world!");
    await expect.poll(() => seen.doc.getText("body").toString()).toBe("Hello, dear world!");
    const burnt = record.updates.flatMap((update) => [
      ...Y.decodeStateVector(Y.encodeStateVectorFromUpdate(update)).keys(),
    ]);
    expect(burnt.filter((client) => (seen.doc.store.clients.get(client)?.length ?? 0) > 0)).toEqual(
      [],
    );
    // A second time does nothing.
    await ada.workspace.quarantine.retry(record.id);
    await expect.poll(() => page.state.saved).toBe("server");
    expect(await onServer(PAGE)).toBe("Hello, dear world!");
  });

  it("a refused deletion is put back as a deletion", async () => {
    await refuse((doc) => doc.getText("body").delete(5, 6));
    rig.gate.limitUser("ada", undefined);
    await expect.poll(() => page.state.access).toBe("write");
    await ada.workspace.quarantine.retry((await only(ada.workspace)).id);
    await expect.poll(() => page.doc.getText("body").toString()).toBe("Hello");
    expect(await ada.workspace.quarantine.list()).toEqual([]);
  });

  it("are copied into a document of their own, and into no other", async () => {
    await refuse((doc) => doc.getText("body").insert(5, ", dear"));
    const { id } = await only(ada.workspace);
    rig.gate.limitUser("ada", grants("notes/page:read", "drafts/**:write"));
    await expect(ada.workspace.quarantine.copy(id, PAGE)).rejects.toMatchObject({
      code: "input/invalid",
      path: PAGE,
    });
    await ada.workspace.quarantine.copy(id, "drafts/mine");
    expect(await ada.workspace.quarantine.list()).toHaveLength(1);
    await expect.poll(() => onServer("drafts/mine")).toBe("Hello, dear world");
    await ada.workspace.quarantine.discard(id);
    expect(await ada.workspace.quarantine.list()).toEqual([]);
    await expect(ada.workspace.quarantine.read(id)).rejects.toMatchObject({
      code: "input/invalid",
    });
  });

  it("are exported with all that is known of them, and survive a restart", async () => {
    await refuse((doc) => doc.getText("body").insert(5, ", dear"));
    ada.crash();
    const again = await rig.device("ada", ada.disk);
    const record = await only(again.workspace);
    const exported: unknown = JSON.parse(await again.workspace.quarantine.export(record.id));
    expect(exported).toMatchObject({
      format: "croft-refused-edits",
      version: 1,
      path: PAGE,
      author: "ada",
      code: "no-access",
      at: new Date(record.at).toISOString(),
      updates: record.updates.map((update) => Buffer.from(update).toString("base64")),
    });
  });

  it("of a deleted document are shown alone, and cannot be put back", async () => {
    await refuse((doc) => doc.getText("body").insert(5, ", dear"));
    rig.gate.limitUser("ada", undefined);
    await rig.hub.deleteDocument(PAGE);
    await expect.poll(() => page.state.deleted).toBe(true);
    const record = await only(ada.workspace);
    const { complete } = await ada.workspace.quarantine.read(record.id);
    expect(complete).toBe(false);
    const again = ada.workspace.quarantine.retry(record.id);
    await expect(again).rejects.toMatchObject({ code: "access/denied" });
    expect(await ada.workspace.quarantine.list(parseDocPath(PAGE))).toHaveLength(1);
  });
});
