import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyDisk, createRig, grants, type Rig, type RigDevice } from "../testing/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.dispose());

const PAGES = ["notes/old/a", "notes/old/b", "notes/older", "notes/new"];

/** Writes a word into each document, and waits until the server has it. */
async function write(device: RigDevice, paths: readonly string[] = PAGES): Promise<void> {
  for (const path of paths) {
    const handle = device.workspace.open(path);
    await handle.caughtUp();
    handle.doc.getText("body").insert(0, path);
    await handle.saved("server");
    handle.close();
  }
}

function textAt(device: RigDevice, path: string): () => string {
  const handle = device.workspace.open(path);
  return () => handle.doc.getText("body").toString();
}

describe("deleting", () => {
  it("[SYNC-17] takes a document away from every device, and brings it back", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    await write(ada);
    const atBen = textAt(ben, "notes/new");
    await expect.poll(atBen).toBe("notes/new");

    expect(await ada.workspace.delete("notes/new")).toBe(1);
    await expect.poll(atBen).toBe("");
    expect(await ada.workspace.delete("notes/new")).toBe(0);

    expect(await ben.workspace.undelete("notes/new")).toBe(true);
    await expect.poll(atBen).toBe("notes/new");
    await expect.poll(textAt(ada, "notes/new")).toBe("notes/new");
    expect(await ben.workspace.undelete("notes/new")).toBe(false);
    // It is a document like any other again.
    const page = ada.workspace.open("notes/new");
    await page.caughtUp();
    page.doc.getText("body").insert(0, "more ");
    await page.saved("server");
    await expect.poll(atBen).toBe("more notes/new");
    expect(await ada.workspace.quarantine.list()).toEqual([]);
  });

  it("takes a subtree, and nothing that only begins like it", async () => {
    const ada = await rig.device("ada");
    await write(ada);
    expect(await ada.workspace.delete("notes/old", { subtree: true })).toBe(2);
    const fresh = await rig.device("fresh");
    for (const path of PAGES) {
      const handle = fresh.workspace.open(path);
      await handle.caughtUp();
      const gone = path.startsWith("notes/old/");
      expect([path, handle.doc.getText("body").toString()]).toEqual([path, gone ? "" : path]);
    }
  });

  it("is refused without write access, and then takes nothing", async () => {
    const ada = await rig.device("ada");
    await write(ada);
    rig.gate.limitUser("ben", grants("**:write", "notes/old/b:read", "notes/older:none"));
    const ben = await rig.device("ben");
    const page = ben.workspace.open("notes/old/a");
    await page.caughtUp();
    const denied = { code: "access/denied" };
    await expect(ben.workspace.delete("notes/old/b")).rejects.toMatchObject(denied);
    await expect(ben.workspace.delete("notes/old", { subtree: true })).rejects.toMatchObject(
      denied,
    );
    await expect(ben.workspace.undelete("notes/older")).rejects.toMatchObject(denied);
    expect(page.doc.getText("body").toString()).toBe("notes/old/a");
    // What may not be read is not told of, and stays.
    rig.gate.limitUser("ben", grants("**:write", "notes/old/b:none"));
    expect(await ben.workspace.delete("notes/old", { subtree: true })).toBe(1);
    expect(await rig.hub.list("notes/old/b")).toMatchObject([{ tombstone: undefined }]);
  });

  it("does not reach what a plugin does not own", async () => {
    const ada = await rig.device("ada");
    await write(ada);
    const plugin = ada.workspace.createPluginReplica("stats");
    const own = plugin.open("stats/own");
    own.doc.getText("body").insert(0, "mine");
    await own.saved("server");
    const denied = { code: "access/denied" };
    await expect(plugin.delete("notes/new")).rejects.toMatchObject(denied);
    await expect(plugin.delete("notes", { subtree: true })).rejects.toMatchObject(denied);
    expect(await plugin.delete("stats", { subtree: true })).toBe(1);
  });

  it("[SYNC-6] a restored server that knows only an earlier deletion takes nothing away by it", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open("notes/new");
    const live = async (words: string): Promise<void> => {
      await page.caughtUp();
      page.doc.getText("body").insert(0, words);
      await page.saved("server");
    };
    const text = (): string => page.doc.getText("body").toString();
    await live("first");
    await ada.workspace.delete("notes/new");
    await expect.poll(text).toBe("");
    const backup = copyDisk(rig.disk);
    await live("second");
    await ada.workspace.delete("notes/new");
    await expect.poll(text).toBe("");
    await live("third");
    ada.workspace.sync.pause();
    page.doc.getText("body").insert(0, "offline ");
    await page.saved("device");
    await rig.restartServer(backup, { recovering: true });
    ada.workspace.sync.resume();
    await page.saved("server");
    expect(await ada.workspace.quarantine.list()).toEqual([]);
    const fresh = await rig.device("fresh");
    await expect.poll(textAt(fresh, "notes/new")).toBe("offline third");
  });

  it("needs the server, and says so", async () => {
    const ada = await rig.device("ada");
    await write(ada);
    ada.workspace.sync.pause();
    await expect(ada.workspace.delete("notes/new")).rejects.toMatchObject({ code: "link/offline" });
    ada.workspace.sync.resume();
    await expect.poll(() => ada.workspace.sync.state.name).toBe("online");
    expect(await ada.workspace.delete("notes/new")).toBe(1);
  });

  it("leaves a document alone that is another one by now", async () => {
    const ada = await rig.device("ada");
    await write(ada);
    const [row] = await rig.hub.list("notes/new");
    await ada.workspace.delete("notes/new");
    await write(ada, ["notes/new"]);
    await rig.hub.deleteDocument("notes/new", { epoch: row?.epoch ?? "" });
    expect(await rig.hub.list("notes/new")).toMatchObject([{ head: 1 }]);
  });

  it("works where there is no server", async () => {
    const { openWorkspace } = await import("../workspace.ts");
    const { createMemoryStore } = await import("../store/memory-store.ts");
    const workspace = await openWorkspace({
      id: "alone",
      user: "ada",
      store: async () => createMemoryStore(),
    });
    const page = workspace.open("notes/a");
    page.doc.getText("body").insert(0, "kept");
    await page.saved("device");
    expect(await workspace.delete("notes/a")).toBe(1);
    await expect.poll(() => page.doc.getText("body").toString()).toBe("");
    expect(await workspace.undelete("notes/a")).toBe(true);
    await expect.poll(() => page.doc.getText("body").toString()).toBe("kept");
    await workspace.dispose();
  });
});

describe("what a deletion took", () => {
  it("is forgotten when it was kept long enough", async () => {
    await rig.dispose();
    rig = await createRig({ keepDeleted: 0 });
    const ada = await rig.device("ada");
    await write(ada);
    await ada.workspace.delete("notes/new");
    expect(await ada.workspace.undelete("notes/new")).toBe(false);
    expect(await rig.store.listQuarantine("deleted-content")).toEqual([]);
  });
});
