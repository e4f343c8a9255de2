import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEpoch, createWriterId, type Epoch, randomBytes } from "../ids.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { createGate } from "../access/gate.ts";
import { systemClock } from "../clock.ts";
import { openDevice } from "../device/device.ts";
import { OLDEST_PROTOCOL_VERSION } from "../protocol/version.ts";
import { beginsAfter, NOTHING_SUBMITTED, noUpstream } from "./hub-document.ts";
import { parseDocPath } from "../doc-path.ts";
import { openWorkspace } from "../workspace.ts";
import { createMemoryDisk, createMemoryStore } from "../store/memory-store.ts";
import { PlayedHub } from "../testing/played-hub.ts";
import { RawPeer } from "../testing/raw-peer.ts";
import { copyDisk, createRig, grants, type Rig, type RigDevice } from "../testing/rig.ts";
import { type DeletedSubtree, MAX_DELETED } from "../protocol/deletion-messages.ts";
import { DeletedSubtrees } from "./deleted-subtrees.ts";
import { createHub, type Hub } from "./hub.ts";
import { servePeer } from "./hub-session.ts";

describe("a list of deleted subtrees", () => {
  const [outer, inner, later] = [1, 2, 3].map(() => createEpoch(randomBytes)) as [
    Epoch,
    Epoch,
    Epoch,
  ];

  it("tells the last deletion that took a document, and which came before it", async () => {
    const hub = await createHub({ store: createMemoryStore(), gate: createGate() });
    const list = hub.core.subtrees;
    const add = async (path: string): Promise<Epoch> => {
      const added = await list.add(hub.core, path);
      if (!added) throw new Error("there is room");
      return added.tombstone;
    };
    const [old, drafts] = [await add("notes/old"), await add("notes/old/drafts")];
    expect(list.over("notes/new")).toBeUndefined();
    expect(list.over("notes/older")).toBeUndefined();
    expect(list.over("notes/old")?.tombstone).toBe(old);
    expect(list.over("notes/old/drafts/1")?.tombstone).toBe(drafts);
    expect(list.over("notes/old/drafts/1")?.former).toEqual([old]);
    const all = await add("notes");
    expect(list.all).toMatchObject([{ path: "notes", tombstone: all }]);
    expect(list.over("notes/old/drafts/1")?.tombstone).toBe(all);
    expect(list.over("notes/a")?.former.toSorted()).toEqual([old, drafts].toSorted());
    await hub.dispose();
  });

  it("learns what is new, and forgets what a restored hub does not tell any more", () => {
    const list = new DeletedSubtrees(undefined);
    expect(list.wereKnown).toBe(false);
    const told = [
      { path: "notes/old", tombstone: outer },
      { path: "tasks", tombstone: inner },
    ];
    const learn = (subtrees: readonly DeletedSubtree[], fresh: boolean, at = 0): boolean =>
      list.learn({ subtrees, fresh }, at);
    expect(learn(told, true, 5)).toBe(true);
    expect(learn(told, true, 9)).toBe(false);
    // It was known then, and not only since it was told again.
    expect(list.over("notes/old/a")).toMatchObject({ tombstone: outer, at: 5 });
    expect(learn([{ path: "notes", tombstone: later }], false)).toBe(true);
    expect(list.all.map(({ path }) => path)).toEqual(["tasks", "notes"]);
    expect(list.over("notes/old/a")).toMatchObject({ tombstone: later, former: [outer] });
    expect(learn(told, true)).toBe(true);
    expect(list.over("notes/old/a")).toMatchObject({ tombstone: outer, former: [] });
    expect(list.all).toMatchObject(told);
    expect(learn([], false)).toBe(false);
    expect(learn([], true)).toBe(true);
    expect(list.meta).toEqual([["deleted-subtrees", "[]"]]);
  });

  it("takes a document for newer that names another deletion since, but not a former one of the list", async () => {
    const hub = await createHub({ store: createMemoryStore(), gate: createGate() });
    const document = await hub.core.acquire(parseDocPath("notes/old/a"));
    const upstream = { ...noUpstream(createWriterId(randomBytes)), tombstone: outer };
    const row = { record: { ...document.record, position: 9, upstream }, pending: [] };
    const last = { tombstone: later, at: 5 };
    expect(beginsAfter(row, { ...last, former: [] })).toBe(false);
    expect(beginsAfter(row, { ...last, former: [outer] })).toBe(true);
    await hub.dispose();
  });

  it("is older than what is committed after a restart, also where the clock was set back meanwhile", async () => {
    const disk = createMemoryDisk();
    const start = (now: number): Promise<Hub> =>
      createHub({
        store: createMemoryStore(disk),
        gate: createGate(),
        clock: { ...systemClock, now: () => now },
      });
    const first = await start(2_000_000);
    await first.deleteSubtree("notes");
    await first.dispose();
    const second = await start(1_000_000);
    const { at } = second.core.subtrees.over("notes/a") ?? {};
    expect(at).toBe(2_000_000);
    expect(second.core.timeline.next(1_000_000)).toBeGreaterThan(2_000_000);
    await second.dispose();
  });

  it("ends with as many as can be told at once", async () => {
    const store = createMemoryStore();
    const kept = Array.from({ length: MAX_DELETED }, (_, at) => {
      return { path: `notes/${at}`, tombstone: createEpoch(randomBytes), former: [], at };
    });
    const meta = [["deleted-subtrees", JSON.stringify(kept)]] as const;
    await store.commit({ term: await store.takeTerm(), meta });
    const hub = await createHub({ store, gate: createGate() });
    await hub.deleteSubtree("notes/more");
    expect(hub.core.subtrees.all).toHaveLength(MAX_DELETED);
    expect(hub.core.subtrees.over("notes/more/a")).toBeUndefined();
    // One that takes others with it makes room.
    await hub.deleteSubtree("notes");
    expect(hub.core.subtrees.all).toHaveLength(1);
    await hub.dispose();
  });

  it("is not taken for empty when it is damaged", async () => {
    const store = createMemoryStore();
    await store.commit({ term: await store.takeTerm(), meta: [["deleted-subtrees", "[{}]"]] });
    const options = { store, gate: createGate() };
    await expect(createHub(options)).rejects.toMatchObject({ code: "store/corrupt" });
    // A device is told it again.
    const onDevice = await createHub({ ...options, onDevice: true });
    expect(onDevice.core.subtrees.all).toEqual([]);
    await onDevice.dispose();
  });

  it("takes paths only", async () => {
    const hub = await createHub({ store: createMemoryStore(), gate: createGate() });
    for (const path of ["", "notes/", "/", "x".repeat(5_000)]) {
      await expect(hub.deleteSubtree(path)).rejects.toMatchObject({ code: "input/invalid" });
    }
    expect(hub.core.subtrees.all).toEqual([]);
    await hub.dispose();
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

  /** Resolves when a device has heard which subtrees were deleted, of `path` too where it is given. */
  async function met(device: RigDevice, path = ""): Promise<RigDevice> {
    const known = (): string => device.disk.meta.get("deleted-subtrees") ?? "";
    await expect.poll(known).toContain(path === "" ? "[" : `"${path}"`);
    return device;
  }

  const keptBy = async (device: RigDevice): Promise<readonly string[]> =>
    (await device.workspace.quarantine.list()).map(({ path, code }) => `${path} ${code}`);

  const stored = async (): Promise<readonly string[]> =>
    (await rig.hub.list("")).filter(({ head }) => head > 0).map(({ path }) => path);

  const deleteOld = (device: RigDevice): Promise<number> =>
    device.workspace.delete("notes/old", { subtree: true });

  it("takes what a device made there while it was off, and did not know", async () => {
    const ada = await rig.device("ada");
    const ben = await met(await rig.device("ben"));
    ben.workspace.sync.pause();
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

  it("takes nothing that is made where a document was that went with it", async () => {
    const ada = await rig.device("ada");
    const ben = await met(await rig.device("ben"));
    await make(ada, "notes/old/index");
    await expect.poll(stored).toEqual(["notes/old/index"]);
    expect(await deleteOld(ada)).toBe(1);
    await met(ben, "notes/old");
    ben.workspace.sync.pause();
    await make(ben, "notes/old/index");
    await comeBack(ben);
    await expect.poll(stored).toEqual(["notes/old/index"]);
    expect(await keptBy(ben)).toEqual([]);
  });

  it("takes nothing of a device that meets the server for the first time", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben", undefined, { sync: { paused: true } });
    await make(ben, "notes/old/made-first");
    await deleteOld(ada);
    await comeBack(ben);
    await expect.poll(stored).toEqual(["notes/old/made-first"]);
    expect(await keptBy(ben)).toEqual([]);
    // From then on it is told like any other.
    ben.workspace.sync.pause();
    await make(ben, "notes/old/made-off");
    await deleteOld(ada);
    await comeBack(ben);
    await expect.poll(() => keptBy(ben)).toEqual(["notes/old/made-off deleted"]);
  });

  it("is named in a document that is open, though the connection is lost right then", async () => {
    const server = new PlayedHub();
    const disk = createMemoryDisk();
    const workspace = await openWorkspace({
      id: "acme",
      user: "ada",
      store: async () => createMemoryStore(disk),
      sync: { url: "ws://in-process", backOff: { first: 1, max: 1 }, connect: server.connect },
    });
    const page = workspace.open("notes/old/a");
    await server.greet("ada");
    const { doc } = await server.hears("open");
    const log = { epoch: createEpoch(randomBytes), entries: [] };
    server.opens(doc, log);
    await page.caughtUp();
    const [former, tombstone] = [createEpoch(randomBytes), createEpoch(randomBytes)];
    // What the first one makes of the document is stored after the second one was heard.
    for (const each of [former, tombstone]) {
      const subtrees = [{ path: "notes/old", tombstone: each }];
      server.say({ type: "deleted", fresh: false, subtrees });
    }
    await expect.poll(() => disk.meta.get("deleted-subtrees")).toContain(tombstone);
    server.cut();
    await expect.poll(() => page.state.live).toBe(false);
    page.doc.getText("body").insert(0, "typed");
    await page.saved("device");
    await server.greet("ada");
    const again = await server.hears("open");
    server.say({
      type: "opened",
      ...{ doc: again.doc, asked: true, access: "write", answer: "continue", head: 0 },
      ...{ epoch: tombstone, tombstone, last: NOTHING_SUBMITTED, lease: undefined },
    });
    expect(await server.hears("submit")).toMatchObject({ basis: tombstone });
    await workspace.dispose();
  });

  it("is taken late by a device whose store failed when it was told", async () => {
    const ada = await rig.device("ada");
    const ben = await met(await rig.device("ben"));
    const page = ben.workspace.open("notes/old/open");
    await page.caughtUp();
    ben.store.failWith = "store/failed";
    await deleteOld(ada);
    await expect.poll(() => ben.store.refused).toBeGreaterThan(1);
    ben.store.failWith = undefined;
    ben.workspace.sync.pause();
    await comeBack(ben);
    await met(ben, "notes/old");
    ben.workspace.sync.pause();
    page.doc.getText("body").insert(0, "typed");
    await page.saved("device");
    await make(ben, "notes/old/made-off");
    await comeBack(ben);
    await expect.poll(stored).toEqual(["notes/old/made-off", "notes/old/open"]);
    expect(await keptBy(ben)).toEqual([]);
  });

  it("is in force when its answer was lost, and not when it was not stored", async () => {
    const ada = await met(await rig.device("ada"));
    const all = (): readonly string[] => rig.hub.core.subtrees.all.map(({ path }) => path);
    rig.store.loseNextAnswer = true;
    const page = ada.workspace.open("notes/old/open");
    await page.caughtUp();
    expect(await deleteOld(ada)).toBe(0);
    expect(all()).toEqual(["notes/old"]);
    // It is in force where a document was open, too.
    await expect.poll(() => page.state.deleted).toBe(true);
    rig.store.failWith = "store/full";
    const [outer, other] = await Promise.allSettled([
      rig.hub.deleteSubtree("notes"),
      rig.hub.deleteSubtree("tasks"),
    ]);
    expect([outer.status, other.status]).toEqual(["rejected", "rejected"]);
    rig.store.failWith = undefined;
    expect(all()).toEqual(["notes/old"]);
    await rig.restartServer();
    expect(all()).toEqual(["notes/old"]);
  });

  it("is carried out by who comes after a server that died in the middle of it", async () => {
    const ada = await met(await rig.device("ada"));
    const ben = await rig.device("ben");
    await make(ben, "notes/old/page");
    await expect.poll(stored).toEqual(["notes/old/page"]);
    // The list is stored, and then nothing any more.
    rig.store.afterCommit = () => {
      rig.store.failWith = "store/closed";
    };
    await expect(rig.hub.deleteSubtree("notes/old")).rejects.toMatchObject({
      code: "store/failed",
    });
    const tombstone = rig.hub.core.subtrees.over("notes/old/page")?.tombstone;
    await expect.poll(() => ada.disk.meta.get("deleted-subtrees")).toContain(tombstone);
    await rig.restartServer();
    expect(await rig.hub.list("notes/old")).toMatchObject([{ head: 0, tombstone }]);
    expect(rig.hub.core.subtrees.unfinished).toEqual([]);
    // What is made by a device that knows of it is taken.
    await make(ada, "notes/old/page");
    await expect.poll(stored).toEqual(["notes/old/page"]);
    expect(await keptBy(ada)).toEqual([]);
    await rig.restartServer();
    expect(await stored()).toEqual(["notes/old/page"]);
  });

  it("is carried out later where the store failed in the middle of it", async () => {
    const ada = await rig.device("ada");
    await make(ada, "notes/old/page");
    await expect.poll(stored).toEqual(["notes/old/page"]);
    rig.store.afterCommit = () => {
      rig.store.failWith = "store/full";
      rig.store.afterCommit = undefined;
    };
    await expect(rig.hub.deleteSubtree("notes/old")).rejects.toMatchObject({ code: "store/full" });
    expect(rig.hub.core.subtrees.unfinished).toHaveLength(1);
    rig.store.failWith = undefined;
    await expect.poll(stored).toEqual([]);
    await expect.poll(() => rig.hub.core.subtrees.unfinished).toEqual([]);
  });

  it("is the last one for all that is in it, when two come at once", async () => {
    const ada = await rig.device("ada");
    const ben = await met(await rig.device("ben"));
    await make(ada, "notes/old/page");
    await expect.poll(stored).toEqual(["notes/old/page"]);
    await Promise.all([
      rig.hub.deleteSubtree("notes/old"),
      rig.hub.deleteSubtree("notes"),
      rig.hub.deleteSubtree("notes/old"),
    ]);
    const last = rig.hub.core.subtrees.over("notes/old/page")?.tombstone;
    await expect.poll(() => ben.disk.meta.get("deleted-subtrees")).toContain(last);
    ben.workspace.sync.pause();
    await make(ben, "notes/old/page");
    await comeBack(ben);
    await expect.poll(stored).toEqual(["notes/old/page"]);
    expect(await keptBy(ben)).toEqual([]);
  });

  it("leaves no trace of what somebody merely opened", async () => {
    const eve = connect("eve");
    await eve.next("welcome");
    for (let at = 1; at <= 50; at++) await eve.open(`notes/old/${at}`, undefined, at);
    await rig.hub.deleteSubtree("notes/old");
    expect(await rig.hub.list("")).toEqual([]);
    // And is told to start over, as there is a tombstone now.
    expect((await eve.open("notes/old/1", undefined, 1)).tombstone).toBeDefined();
  });

  it.each([
    ["is in it", "**:write notes/old/hr/**:none", "notes/old", "notes/old/hr/a"],
    ["is in it, wherever", "**:write notes/*/hr/a:read", "notes/old", "notes/old/hr/a"],
    ["is deeper than what may be written", "notes/*:write", "notes", "notes/a/b"],
    ["is another user's own", "**:write", "app", "app/users/ada/own"],
  ])("takes nothing unknown that %s and may not be written", async (_, rights, subtree, path) => {
    const ada = await met(await rig.device("ada"));
    ada.workspace.sync.pause();
    await make(ada, path);
    rig.gate.limitUser("ben", grants(...rights.split(" ")));
    const ben = await met(await rig.device("ben"));
    await ben.workspace.delete(subtree, { subtree: true });
    expect(rig.hub.core.subtrees.all).toEqual([]);
    await comeBack(ada);
    await expect.poll(stored).toEqual([path]);
  });

  it("is told to who may read deep in it, and named by them", async () => {
    const ada = await rig.device("ada");
    rig.gate.limitUser("ben", grants("notes/old/mine/**:write"));
    const ben = await met(await rig.device("ben"));
    await deleteOld(ada);
    await met(ben, "notes/old");
    ben.workspace.sync.pause();
    await make(ben, "notes/old/mine/a");
    await comeBack(ben);
    await expect.poll(stored).toEqual(["notes/old/mine/a"]);
  });

  it("is not asked for by a plugin that may only read its own", async () => {
    const ada = await met(await rig.device("ada"));
    const stats = ada.workspace.createPluginReplica("stats");
    await stats.open("stats/any").ready;
    const limit = { access: "read", because: "it is older than its data" } as const;
    ada.workspace.gate.limitPlugin("stats", limit);
    await expect(stats.delete("stats", { subtree: true })).rejects.toMatchObject({
      code: "access/denied",
    });
    ada.workspace.gate.limitPlugin("stats", undefined);
    expect(await stats.delete("stats", { subtree: true })).toBe(0);
    expect(rig.hub.core.subtrees.all).toHaveLength(1);
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
    expect(ben.disk.meta.get("deleted-subtrees")).toBe("[]");
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
