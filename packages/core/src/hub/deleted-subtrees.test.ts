import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEpoch, createWriterId, type Epoch, randomBytes } from "../ids.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { createGate } from "../access/gate.ts";
import { systemClock } from "../clock.ts";
import { openDevice } from "../device/device.ts";
import { OLDEST_PROTOCOL_VERSION } from "../protocol/version.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { PlayedHub } from "../testing/played-hub.ts";
import { RawPeer } from "../testing/raw-peer.ts";
import { copyDisk, createRig, grants, type Rig, type RigDevice } from "../testing/rig.ts";
import type { DeletedSubtree } from "../protocol/deletion-messages.ts";
import { DeletedSubtrees } from "./deleted-subtrees.ts";
import { servePeer } from "./hub-session.ts";

describe("a list of deleted subtrees", () => {
  const [outer, inner, later] = [1, 2, 3].map(() => createEpoch(randomBytes)) as [
    Epoch,
    Epoch,
    Epoch,
  ];

  it("tells how a document begins, by the last deletion that took it", () => {
    const list = new DeletedSubtrees();
    list.add({ path: "notes/old", tombstone: outer }, 1);
    list.add({ path: "notes/old/drafts", tombstone: inner }, 2);
    expect(list.beginningOf("notes/new")).toBeUndefined();
    expect(list.beginningOf("notes/older")).toBeUndefined();
    expect(list.beginningOf("notes/old")).toEqual({ tombstone: outer, former: [], at: 1 });
    expect(list.beginningOf("notes/old/drafts/1")).toEqual({
      tombstone: inner,
      former: [outer],
      at: 2,
    });
    const { undo } = list.add({ path: "notes", tombstone: later }, 3);
    expect(list.all).toMatchObject([{ path: "notes", tombstone: later }]);
    expect(list.beginningOf("notes/old/drafts/1")).toEqual({
      tombstone: later,
      former: [outer, inner],
      at: 3,
    });
    undo();
    expect(list.beginningOf("notes/old/drafts/1")).toEqual({
      tombstone: inner,
      former: [outer],
      at: 2,
    });
    expect(list.beginningOf("notes/new")).toBeUndefined();
  });

  it("learns what is new, and forgets what a restored hub does not tell any more", () => {
    const list = new DeletedSubtrees();
    const told = [{ path: "notes/old", tombstone: outer }];
    const learn = (subtrees: readonly DeletedSubtree[], fresh: boolean): boolean =>
      list.learn({ subtrees, fresh }, 0);
    expect(learn(told, true)).toBe(true);
    expect(learn(told, true)).toBe(false);
    expect(learn([{ path: "notes", tombstone: later }], false)).toBe(true);
    expect(list.all).toMatchObject([{ path: "notes", tombstone: later }]);
    expect(learn(told, true)).toBe(true);
    expect(list.all).toMatchObject(told);
    expect(learn([], false)).toBe(false);
    expect(learn([], true)).toBe(true);
    expect(list.toMeta()[1]).toBeUndefined();
  });
});

describe("[SYNC-17] a deleted subtree", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await createRig();
  });
  afterEach(() => rig.dispose());

  /** Makes a document, without waiting for the server. */
  async function make(device: RigDevice, path: string): Promise<void> {
    const page = device.workspace.open(path);
    await page.ready;
    page.doc.getText("body").insert(0, path);
    await page.saved("device");
    page.close();
  }

  /** Goes online; what waits goes up. */
  async function comeBack(device: RigDevice): Promise<void> {
    device.workspace.sync.resume();
    await expect.poll(() => device.workspace.sync.state.name).toBe("online");
  }

  const keptBy = async (device: RigDevice): Promise<readonly string[]> =>
    (await device.workspace.quarantine.list()).map(({ path, code }) => `${path} ${code}`);

  const stored = async (): Promise<readonly string[]> =>
    (await rig.hub.list("")).filter(({ head }) => head > 0).map(({ path }) => path);

  const deleteOld = (device: RigDevice): Promise<number> =>
    device.workspace.delete("notes/old", { subtree: true });

  it("takes what a device made there while it was off, and did not know", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben", undefined, { sync: { paused: true } });
    await make(ben, "notes/old/made-off");
    await make(ben, "notes/new");
    expect(await deleteOld(ada)).toBe(0);
    // Also by a server that was started since.
    await rig.restartServer();
    await comeBack(ben);
    await expect.poll(() => keptBy(ben)).toEqual(["notes/old/made-off deleted"]);
    expect(await stored()).toEqual(["notes/new"]);
    const page = ben.workspace.open("notes/old/made-off");
    await page.caughtUp();
    expect(page.doc.getText("body").toString()).toBe("");
    // The person decides: it is written anew, by somebody who knows.
    const [kept] = await ben.workspace.quarantine.list();
    if (kept) await ben.workspace.quarantine.retry(kept.id);
    await expect.poll(stored).toEqual(["notes/new", "notes/old/made-off"]);
    expect(await keptBy(ben)).toEqual([]);
  });

  it("takes nothing that is made by a device that knows, be it off or started anew", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const open = ben.workspace.open("notes/new");
    await open.caughtUp();
    await deleteOld(ada);
    // What is told on a session comes in order.
    const heard = ada.workspace.open("notes/new");
    await heard.caughtUp();
    heard.doc.getText("body").insert(0, "heard");
    await heard.saved("server");
    await expect.poll(() => open.doc.getText("body").toString()).toBe("heard");
    ben.workspace.sync.pause();
    await make(ben, "notes/old/made-off");
    await ben.workspace.dispose();

    const again = await rig.device("ben", ben.disk, { sync: { paused: true } });
    await make(again, "notes/old/made-later");
    await comeBack(again);
    await expect.poll(stored).toEqual(["notes/new", "notes/old/made-later", "notes/old/made-off"]);
    expect(await keptBy(again)).toEqual([]);
    // It is a new document, and not one that was deleted.
    const fresh = again.workspace.open("notes/old/fresh");
    await fresh.caughtUp();
    expect(fresh.state.deleted).toBe(false);
  });

  it("takes nothing that is made where another deletion was known before, or is known since", async () => {
    const ada = await rig.device("ada");
    let ben = await rig.device("ben");
    const [before, since] = ["notes/old/deleted-before", "notes/old/deleted-since"];
    const deleteOne = async (path: string): Promise<void> => {
      await make(ada, path);
      const page = ben.workspace.open(path);
      await expect.poll(() => page.doc.getText("body").toString()).toBe(path);
      await ada.workspace.delete(path);
      await expect.poll(() => page.doc.getText("body").toString()).toBe("");
    };
    // Each time with nothing in memory.
    const startAnew = async (): Promise<void> => {
      await ben.workspace.dispose();
      ben = await rig.device("ben", ben.disk);
      await ben.workspace.open("notes/new").caughtUp();
    };
    await deleteOne(before);
    await startAnew();
    await deleteOld(ada);
    await startAnew();
    await deleteOne(since);
    await startAnew();
    ben.workspace.sync.pause();
    await make(ben, before);
    await make(ben, since);
    await comeBack(ben);
    await expect.poll(stored).toEqual([before, since]);
    expect(await keptBy(ben)).toEqual([]);
  });

  it("takes what builds on an earlier deletion only, of a part of it", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    await ada.workspace.delete("notes/old/drafts", { subtree: true });
    const page = ben.workspace.open("notes/old/drafts/known");
    await page.caughtUp();
    ben.workspace.sync.pause();
    page.doc.getText("body").insert(0, "made off");
    await page.saved("device");
    await make(ben, "notes/old/drafts/other");
    await deleteOld(ada);
    await comeBack(ben);
    const both = ["notes/old/drafts/known deleted", "notes/old/drafts/other deleted"];
    await expect.poll(async () => (await keptBy(ben)).toSorted()).toEqual(both);
    expect(await stored()).toEqual([]);
  });

  it("lets whoever has an empty document open go on", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ben.workspace.open("notes/old/empty");
    await page.caughtUp();
    const doc = page.doc;
    await deleteOld(ada);
    await expect.poll(() => page.doc === doc).toBe(false);
    await page.caughtUp();
    page.doc.getText("body").insert(0, "later");
    await page.saved("server");
    expect(await stored()).toEqual(["notes/old/empty"]);
    // What it has is deleted like any other's.
    expect(await deleteOld(ada)).toBe(1);
    await expect.poll(() => page.doc.getText("body").toString()).toBe("");
  });

  it("takes what builds on the deletion before it", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ben.workspace.open("notes/old/empty");
    await page.caughtUp();
    const doc = page.doc;
    await deleteOld(ada);
    await expect.poll(() => page.doc === doc).toBe(false);
    await page.caughtUp();
    ben.workspace.sync.pause();
    page.doc.getText("body").insert(0, "knows of one");
    await page.saved("device");
    await deleteOld(ada);
    await comeBack(ben);
    await expect.poll(() => keptBy(ben)).toEqual(["notes/old/empty deleted"]);
    expect(await stored()).toEqual([]);
  });

  it("is forgotten with the server that was restored from before it", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const backup = copyDisk(rig.disk);
    await deleteOld(ada);
    await ben.workspace.open("notes/old/any").caughtUp();
    ben.workspace.sync.pause();
    await make(ben, "notes/old/made-off");
    await rig.restartServer(backup);
    await comeBack(ben);
    await expect.poll(stored).toEqual(["notes/old/made-off"]);
    expect(await keptBy(ben)).toEqual([]);
    expect(ben.disk.meta.has("deleted-subtrees")).toBe(false);
  });

  it("concerns documents that nobody knows only when all of it may be written", async () => {
    const ada = await rig.device("ada", undefined, { sync: { paused: true } });
    await make(ada, "notes/old/made-off");
    rig.gate.limitUser("ben", grants("notes/old/mine:write", "notes/old/**:read"));
    const ben = await rig.device("ben");
    await make(ben, "notes/old/mine");
    await expect.poll(stored).toEqual(["notes/old/mine"]);
    expect(await deleteOld(ben)).toBe(1);
    await comeBack(ada);
    await expect.poll(stored).toEqual(["notes/old/made-off"]);
    expect(await keptBy(ada)).toEqual([]);
  });

  function connect(user: string, version?: number): RawPeer {
    const [near, far] = createMemoryChannelPair();
    const principal = { user, grants: grants("**:write") };
    servePeer(far, async () => ({ hub: rig.hub, principal }));
    const peer = new RawPeer(near);
    peer.greet(createWriterId(), version === undefined ? {} : { version });
    return peer;
  }

  it("is told to those who may read there, when they may", async () => {
    rig.gate.limitUser("ben", grants("**:write", "notes/**:none"));
    const [ada, ben] = [connect("ada"), connect("ben")];
    for (const peer of [ada, ben]) {
      expect(await peer.next("deleted")).toMatchObject({ fresh: true, subtrees: [] });
    }
    await rig.hub.deleteSubtree("notes/old");
    const [one] = (await ada.next("deleted")).subtrees;
    expect(one?.path).toBe("notes/old");
    await ben.open("tasks/a");
    expect(ben.received.filter(({ type }) => type === "deleted")).toEqual([]);
    rig.gate.limitUser("ben", grants("**:write", "notes/old/**:read"));
    expect(await ben.next("deleted")).toMatchObject({ fresh: true, subtrees: [one] });
    rig.gate.limitUser("ben", grants("notes/new:write"));
    expect(await ben.next("deleted")).toMatchObject({ fresh: true, subtrees: [] });
    // Once a peer is told.
    await ada.open("tasks/a");
    expect(ada.received.filter(({ type }) => type === "deleted")).toEqual([]);
  });

  it("is told neither to peers of the version before nor to replicas", async () => {
    await rig.hub.deleteSubtree("notes/old");
    const old = connect("old", OLDEST_PROTOCOL_VERSION);
    await old.next("welcome");
    await old.open("notes/old/a");
    const server = new PlayedHub();
    const device = await openDevice({
      workspace: "acme",
      user: "ada",
      store: async () => createMemoryStore(),
      sync: { url: "ws://in-process", connect: server.connect },
      gate: createGate(),
      clock: systemClock,
      random: randomBytes,
    });
    const replica = new RawPeer(await device.connect("", new AbortController().signal));
    replica.greet(createWriterId());
    await replica.next("welcome");
    await replica.open("notes/old/a");
    for (const { all } of [old, replica]) {
      expect(all.map(({ type }) => type)).toContain("opened");
      expect(all.map(({ type }) => type)).not.toContain("deleted");
    }
    await device.dispose();
  });

  it("is not deleted when that could not be stored", async () => {
    const ada = await rig.device("ada");
    await make(ada, "notes/old/a");
    await expect.poll(stored).toEqual(["notes/old/a"]);
    rig.store.failWith = "store/full";
    await expect(deleteOld(ada)).rejects.toMatchObject({ code: "store/full" });
    rig.store.failWith = undefined;
    expect(rig.hub.core.subtrees.all).toEqual([]);
    expect(await stored()).toEqual(["notes/old/a"]);
  });
});
