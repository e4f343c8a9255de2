/** The rules of the sync protocol, through the public interface: server, devices, replicas. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DocumentHandle } from "./replica/document-handle.ts";
import { createMemoryDisk } from "./store/memory-store.ts";
import { parseDocPath } from "./doc-path.ts";
import { copyDisk, createRig, grants, type Rig, type RigDevice } from "./testing/rig.ts";

const PAGE = "notes/page";

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(async () => {
  await rig.dispose();
});

function text(handle: DocumentHandle): string {
  return handle.doc.getText("body").toString();
}

function type(handle: DocumentHandle, what: string, at?: number): void {
  const body = handle.doc.getText("body");
  body.insert(at ?? body.length, what);
}

async function serverText(): Promise<string> {
  const reader = await rig.device("server-reader");
  const handle = reader.workspace.open(PAGE);
  await handle.caughtUp();
  const seen = text(handle);
  handle.close();
  return seen;
}

describe("durability", () => {
  it("an acknowledged change survives the crash of the server and of the device", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    type(page, "kept");
    await page.saved("server");
    await rig.restartServer();
    ada.crash();
    expect(await serverText()).toBe("kept");
  });

  it("what was typed offline is there after the device restarts, and goes up later", async () => {
    rig.stopServer();
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    await page.ready;
    type(page, "offline words");
    await page.saved("device");
    expect(page.state.saved).toBe("device");
    ada.crash();
    const again = await rig.device("ada", ada.disk);
    const reopened = again.workspace.open(PAGE);
    await reopened.ready;
    expect(text(reopened)).toBe("offline words");
    expect(reopened.state.saved).toBe("device");
    await rig.restartServer();
    await reopened.caughtUp();
    await expect.poll(() => reopened.state.saved).toBe("server");
    expect(await serverText()).toBe("offline words");
  });

  it("[SYNC-8] nothing is acknowledged or relayed before it is committed", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const seen = ben.workspace.open(PAGE);
    await Promise.all([page.caughtUp(), seen.caughtUp()]);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reached: () => void = () => undefined;
    const atCommit = new Promise<void>((resolve) => {
      reached = resolve;
    });
    rig.store.beforeCommit = async () => {
      reached();
      await held;
    };
    type(page, "later");
    await atCommit;
    await page.saved("device");
    expect(page.state.saved).toBe("device");
    expect(text(seen)).toBe("");
    rig.store.beforeCommit = undefined;
    release();
    await page.saved("server");
    await expect.poll(() => text(seen)).toBe("later");
  });

  it("[SYNC-16] a commit whose answer is lost is neither lost nor applied twice", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    type(page, "one ");
    await page.saved("server");
    rig.store.loseNextAnswer = true;
    type(page, "two ");
    await page.saved("server");
    type(page, "three");
    await page.saved("server");
    expect(await serverText()).toBe("one two three");
  });

  it("a full disk keeps the text in memory, says so, and saves it when there is room", async () => {
    rig.stopServer();
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    await page.ready;
    ada.store.failWith = "store/full";
    type(page, "no room");
    await expect.poll(() => page.state.error?.code).toBe("store/full");
    expect(page.state.saved).toBe("memory");
    expect(ada.workspace.problem?.code).toBe("store/full");
    type(page, ", still typing");
    ada.store.failWith = undefined;
    await page.saved("device");
    expect(page.state.error).toBeUndefined();
    expect(ada.workspace.problem).toBeUndefined();
    expect(text(page)).toBe("no room, still typing");
  });
});

describe("a full disk while the server is there", () => {
  /** What the server's log holds under the writer of a device's store. */
  function underWriterOf(device: RigDevice): readonly string[] {
    const writer = device.disk.meta.get("writer");
    const log = rig.disk.documents.get(parseDocPath(PAGE))?.entries.values() ?? [];
    return [...log].filter((entry) => entry.writer === writer).map(({ author }) => author);
  }

  it("[SYNC-3] what is sent without a disk goes under a writer and client ids of its own", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const seen = ben.workspace.open(PAGE);
    type(page, "stored; ");
    await page.saved("server");
    expect(underWriterOf(ada)).toEqual(["ada"]);
    const clients = new Set(page.doc.store.clients.keys());
    ada.store.failWith = "store/full";
    type(page, "not stored; ");
    await page.saved("server");
    expect(page.state.saved).toBe("server");
    expect(ada.workspace.problem?.code).toBe("store/full");
    // The store's writer never sent it, and nothing of it is under an id of before.
    expect(underWriterOf(ada)).toEqual(["ada"]);
    await expect.poll(() => text(seen)).toBe("stored; not stored; ");
    expect([...seen.doc.store.clients.keys()].some((client) => !clients.has(client))).toBe(true);
    type(page, "more; ");
    type(seen, "ben; ", 0);
    await Promise.all([page.saved("server"), seen.saved("server")]);
    await expect.poll(() => text(page)).toBe("ben; stored; not stored; more; ");
    // Room again: the device stores what went past it, and takes over.
    ada.store.failWith = undefined;
    await expect.poll(() => ada.workspace.problem).toBeUndefined();
    await expect.poll(() => rig.hub.core.sessions.count).toBe(2);
    type(page, "home");
    await page.saved("device");
    await page.saved("server");
    expect(page.state).toMatchObject({ saved: "server", error: undefined });
    await expect.poll(() => text(seen)).toBe("ben; stored; not stored; more; home");
    expect(text(page)).toBe(text(seen));
    ada.crash();
    const again = await rig.device("ada", ada.disk);
    const reopened = again.workspace.open(PAGE);
    await reopened.ready;
    expect(text(reopened)).toBe(text(seen));
    expect(await again.workspace.quarantine.list()).toEqual([]);
  });

  it("[SYNC-3] waits for what the device has stored and not sent, and never doubles it", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    await page.caughtUp();
    ada.workspace.sync.pause();
    type(page, "stored offline; ");
    await page.saved("device");
    ada.store.failWith = "store/full";
    type(page, "in memory; ");
    await expect.poll(() => page.state.error?.code).toBe("store/full");
    type(page, "still in memory");
    const shown: string[] = [];
    page.onReset(() => shown.push(text(page)));
    // The server takes nothing for a while: it has less than the device, when it is asked.
    rig.store.failWith = "store/failed";
    ada.workspace.sync.resume();
    await expect.poll(() => rig.hub.core.sessions.count).toBe(2);
    const refused = rig.store.refused;
    await expect.poll(() => rig.store.refused).toBeGreaterThan(refused + 3);
    expect(text(page)).toBe("stored offline; in memory; still in memory");
    rig.store.failWith = undefined;
    await expect.poll(async () => serverText()).toBe("stored offline; in memory; still in memory");
    expect(new Set(shown)).toEqual(new Set(["stored offline; in memory; still in memory"]));
    // The tab dies without ever having had room.
    ada.crash();
    const again = await rig.device("ada", ada.disk);
    const reopened = again.workspace.open(PAGE);
    await reopened.caughtUp();
    expect(text(reopened)).toBe("stored offline; in memory; still in memory");
    await expect.poll(() => reopened.state.saved).toBe("server");
    expect(await again.workspace.quarantine.list()).toEqual([]);
  });

  it("[SYNC-3] what the server refuses comes back, and is quarantined when there is room", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    type(page, "accepted");
    await page.saved("server");
    ada.store.failWith = "store/full";
    rig.gate.limitUser("ada", grants("notes/**:read"));
    await expect.poll(() => page.state.access).not.toBe("none");
    type(page, ", refused");
    await expect.poll(() => page.state.error?.code).toBe("store/full");
    await expect.poll(() => ada.store.refused).toBeGreaterThan(8);
    ada.store.failWith = undefined;
    await expect.poll(async () => ada.workspace.quarantine.list()).toHaveLength(1);
    await expect.poll(() => text(page)).toBe("accepted");
    expect(await serverText()).toBe("accepted");
  });

  it.each([
    ["read", "notes/**:read"],
    ["no", "notes/**:none"],
  ])(
    "[SYNC-3] comes back when the server refuses what it waits for, with %s access",
    async (_access, left) => {
      const ada = await rig.device("ada");
      const page = ada.workspace.open(PAGE);
      type(page, "accepted; ");
      await page.saved("server");
      ada.workspace.sync.pause();
      type(page, "stored offline; ");
      await page.saved("device");
      ada.store.failWith = "store/full";
      type(page, "in memory");
      await expect.poll(() => page.state.error?.code).toBe("store/full");
      rig.store.failWith = "store/failed";
      ada.workspace.sync.resume();
      // One of the device's, and one past it.
      const lanes = (): unknown =>
        rig.hub.core.documents.find(({ path }) => path === PAGE)?.lanes.size;
      await expect.poll(lanes).toBe(2);
      rig.gate.limitUser("ada", grants(left));
      ada.store.failWith = undefined;
      rig.store.failWith = undefined;
      await expect.poll(async () => ada.workspace.quarantine.list()).not.toEqual([]);
      rig.gate.limitUser("ada", undefined);
      await expect.poll(() => text(page)).toBe("accepted; ");
      await expect.poll(() => page.state).toMatchObject({ live: true, saved: "server" });
      const kept = await ada.workspace.quarantine.list();
      expect(kept.flatMap(({ updates }) => updates)).toHaveLength(2);
    },
  );

  it("[SYNC-3] what was stored before, and refused above meanwhile, is not told to be at the server", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    await page.caughtUp();
    ada.workspace.sync.pause();
    type(page, "stored offline; ");
    await page.saved("device");
    const told = page.saved("server").then(
      () => "at the server",
      (error: unknown) => error,
    );
    ada.store.failWith = "store/full";
    rig.gate.limitUser("ada", grants("notes/**:none"));
    ada.workspace.sync.resume();
    type(page, "in memory");
    const lanes = (): unknown =>
      rig.hub.core.documents.find(({ path }) => path === PAGE)?.lanes.size;
    await expect.poll(lanes).toBe(2);
    ada.store.failWith = undefined;
    expect(await told).toMatchObject({ code: "access/denied" });
    await expect.poll(async () => ada.workspace.quarantine.list()).not.toEqual([]);
    expect(await serverText()).toBe("");
  });

  it("goes nowhere while the person has chosen to be offline", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    await page.caughtUp();
    ada.workspace.sync.pause();
    ada.store.failWith = "store/full";
    type(page, "kept here");
    await expect.poll(() => ada.store.refused).toBeGreaterThan(6);
    expect(page.state.saved).toBe("memory");
    expect(await serverText()).toBe("");
    ada.store.failWith = undefined;
    await page.saved("device");
  });
});

describe("numbers, tags and cursors", () => {
  it("[SYNC-4] an acknowledgement lost on the way is made up for, without a second copy", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    await page.caughtUp();
    ada.wire?.hold(1);
    type(page, "once");
    await page.saved("device");
    await expect.poll(() => rig.disk.documents.size).toBe(1);
    ada.wire?.cut();
    await page.saved("server");
    expect(await serverText()).toBe("once");
  });

  it("[SYNC-2] a copied store takes a new writer, and its pending edits go to the quarantine", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    type(page, "base ");
    await page.saved("server");
    ada.workspace.sync.pause();
    const copy = copyDisk(ada.disk);
    type(page, "mine");
    ada.workspace.sync.resume();
    await page.saved("server");
    ada.crash();
    rig.stopServer();

    const clone = await rig.device("ada", copy);
    const writer = clone.disk.meta.get("writer");
    const other = clone.workspace.open(PAGE);
    await other.ready;
    type(other, "copy");
    await other.saved("device");
    await rig.restartServer();
    await expect.poll(() => text(other)).toBe("base mine");
    expect(clone.disk.meta.get("writer")).not.toBe(writer);
    expect(await clone.workspace.quarantine.list()).toMatchObject([{ code: "replaced" }]);
    type(other, " and on");
    await other.saved("server");
    expect(await serverText()).toBe("base mine and on");
  });

  it("[SYNC-5] a server restored from an older backup is noticed, and nothing is dropped", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    type(page, "first ");
    await page.saved("server");
    const backup = copyDisk(rig.disk);
    type(page, "second");
    await page.saved("server");
    await rig.restartServer(backup);
    await expect.poll(() => page.state.error?.code).toBe("hub/behind");
    expect(text(page)).toBe("first second");
  });

  it("[SYNC-6] a restored server takes back what devices still have, once its recovery is open", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const seen = ben.workspace.open(PAGE);
    type(page, "first ");
    await expect.poll(() => text(seen)).toBe("first ");
    const backup = copyDisk(rig.disk);
    type(page, "second ");
    await expect.poll(() => text(seen)).toBe("first second ");
    ben.workspace.sync.pause();
    type(seen, "offline ");
    type(page, "third ");
    await page.saved("server");
    await rig.restartServer(backup, { recovering: true });
    await expect.poll(() => page.state.live).toBe(true);
    type(page, "fourth ");
    await page.saved("server");
    ben.workspace.sync.resume();
    await expect.poll(() => text(page).includes("offline") && text(page) === text(seen)).toBe(true);
    await seen.saved("server");
    const whole = await serverText();
    expect(whole).toBe(text(page));
    for (const word of ["first", "second", "third", "fourth", "offline"])
      expect(whole).toContain(word);
    expect(await ada.workspace.quarantine.list()).toEqual([]);
    expect(await ben.workspace.quarantine.list()).toEqual([]);
  });

  it.each([
    ["the edit", () => copyDisk(rig.disk)],
    ["everything", () => createMemoryDisk()],
  ])(
    "[SYNC-6] %s that was acknowledged when nothing could be read comes back to a restored server",
    async (_what, back) => {
      const ada = await rig.device("ada");
      const page = ada.workspace.open(PAGE);
      type(page, "first ");
      await page.saved("server");
      const backup = back();
      rig.store.afterCommit = () => {
        rig.store.afterCommit = undefined;
        rig.gate.limitUser("ada", []);
      };
      type(page, "second");
      await page.saved("server");
      expect(page.state.access).toBe("none");
      await rig.restartServer(backup, { recovering: true });
      rig.gate.limitUser("ada", undefined);
      await expect.poll(serverText).toBe("first second");
      await expect.poll(() => page.state.live).toBe(true);
      expect(text(page)).toBe("first second");
    },
  );

  it("[SYNC-6] a server that lost everything gets the document back", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    type(page, "all of it");
    await page.saved("server");
    await rig.restartServer(createMemoryDisk(), { recovering: true });
    await expect.poll(() => page.state.live).toBe(true);
    type(page, " and more");
    await page.saved("server");
    expect(await serverText()).toBe("all of it and more");
  });

  it("[SYNC-10] a reader that was away gets the rest of the log, in order and whole", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const seen = ben.workspace.open(PAGE);
    await Promise.all([page.caughtUp(), seen.caughtUp()]);
    ben.wire?.hold(1);
    for (let i = 0; i < 200; i++) {
      type(page, `${i} `);
      await page.saved("device");
    }
    await page.saved("server");
    ben.wire?.release(1);
    await expect.poll(() => text(seen)).toBe(text(page));
  });
});

describe("client ids", () => {
  it("[SYNC-11] a client id that is another writer's is renamed, and nothing is quarantined", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const other = ben.workspace.open(PAGE);
    await Promise.all([page.caughtUp(), other.caughtUp()]);
    ben.workspace.sync.pause();
    other.doc.clientID = page.doc.clientID;
    type(other, "mine ");
    await other.saved("device");
    type(page, "first ");
    await page.saved("server");
    ben.workspace.sync.resume();
    await expect.poll(() => text(other)).toContain("first ");
    await expect.poll(() => text(page) === text(other) && text(page).includes("mine ")).toBe(true);
    expect(await ben.workspace.quarantine.list()).toEqual([]);
    type(other, "and on");
    await other.saved("server");
    expect(await serverText()).toBe(text(page));
  });
});

describe("compaction", () => {
  it("keeps the content, answers stale cursors with the snapshot, and shrinks the log", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const seen = ben.workspace.open(PAGE);
    type(page, "start ");
    await expect.poll(() => text(seen)).toBe("start ");
    ben.workspace.sync.pause();
    for (let i = 0; i < 600; i++) {
      type(
        page,
        `line ${i} that is long enough to be worth compacting when there are many of them\n`,
      );
      await page.saved("server");
    }
    await expect.poll(() => rig.disk.documents.get(page.path)?.record.base ?? 0).toBeGreaterThan(0);
    type(seen, "away");
    ben.workspace.sync.resume();
    await expect.poll(() => text(page).includes("away") && text(seen) === text(page)).toBe(true);
    expect(await serverText()).toBe(text(page));
    const record = rig.disk.documents.get(page.path)?.record;
    expect(record && record.head - record.base).toBeLessThan(600);
  }, 30_000);
});

describe("permissions", () => {
  it("[SYNC-19] a refused edit goes to the quarantine and everybody returns to the accepted state", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const seen = ben.workspace.open(PAGE);
    type(page, "fine");
    await expect.poll(() => text(seen)).toBe("fine");
    ben.workspace.sync.pause();
    type(seen, " refused");
    await seen.saved("device");
    rig.gate.limitUser("ben", grants("**:read"));
    const resets: string[] = [];
    seen.onReset(({ doc }) => resets.push(doc.getText("body").toString()));
    ben.workspace.sync.resume();
    await expect.poll(() => text(seen)).toBe("fine");
    expect(resets).toEqual(["fine"]);
    expect(seen.state.access).toBe("read");
    const [kept] = await ben.workspace.quarantine.list();
    expect(kept).toMatchObject({ path: PAGE, code: "no-access", author: "ben" });
    expect(await serverText()).toBe("fine");
    type(page, " and on");
    await expect.poll(() => text(seen)).toBe("fine and on");
  });

  it("an edit without local permission is taken back at once and kept", async () => {
    const ada = await rig.device("ada");
    const page = ada.workspace.open(PAGE);
    type(page, "yes");
    await page.saved("server");
    rig.gate.limitUser("ada", grants("**:read"));
    await expect.poll(() => page.state.access).toBe("read");
    const denied: string[] = [];
    page.onDenied(({ code }) => denied.push(code));
    type(page, "no");
    await expect(page.saved("device")).rejects.toMatchObject({ code: "access/denied" });
    // The document is built anew; what this replica had made before is there all the same.
    await expect.poll(() => text(page)).toBe("yes");
    expect(denied).toEqual(["no-access"]);
    expect(await ada.workspace.quarantine.list()).toHaveLength(1);
  });

  it("losing read stops the relay at once, getting it back continues", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const seen = ben.workspace.open(PAGE);
    type(page, "open ");
    await expect.poll(() => text(seen)).toBe("open ");
    rig.gate.limitUser("ben", []);
    await expect.poll(() => seen.state.access).toBe("none");
    type(page, "secret ");
    await page.saved("server");
    expect(text(seen)).toBe("open ");
    rig.gate.limitUser("ben", undefined);
    await expect.poll(() => text(seen)).toBe("open secret ");
    type(seen, "again");
    await seen.saved("server");
    // Its author hears of it, and then the others, or the other way round.
    await expect.poll(() => text(page)).toBe("open secret again");
  });

  it("a plugin reaches its own subtree, nothing else, and more with a grant", async () => {
    const ada = await rig.device("ada");
    const stats = ada.workspace.createPluginReplica("stats");
    const own = stats.open("stats/summary");
    own.doc.getMap("totals").set("pages", 1);
    await own.saved("server");
    const page = ada.workspace.open(PAGE);
    type(page, "private");
    await page.saved("server");
    const foreign = stats.open(PAGE);
    await foreign.ready;
    expect(foreign.state.access).toBe("none");
    expect(text(foreign)).toBe("");
    type(foreign, "hack");
    await expect(foreign.saved("device")).rejects.toMatchObject({ code: "access/denied" });
    expect(text(page)).toBe("private");
    ada.workspace.gate.setPluginGrants("stats", grants("notes/**:read"));
    await expect.poll(() => text(foreign)).toBe("private");
    expect(foreign.state.access).toBe("read");
    ada.workspace.gate.setPluginGrants("stats", []);
    await expect.poll(() => foreign.state.access).toBe("none");
    type(page, " more");
    await page.saved("server");
    expect(text(foreign)).toBe("private");
  });
});

describe("deletion", () => {
  it("[SYNC-17] reaches devices that were away; their edits go to the quarantine", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const seen = ben.workspace.open(PAGE);
    type(page, "old");
    await expect.poll(() => text(seen)).toBe("old");
    ben.workspace.sync.pause();
    type(seen, " offline");
    await seen.saved("device");
    await rig.hub.deleteDocument(PAGE);
    await expect.poll(() => page.state.deleted).toBe(true);
    expect(text(page)).toBe("");
    ben.workspace.sync.resume();
    await expect.poll(() => seen.state.deleted).toBe(true);
    expect(text(seen)).toBe("");
    expect(await ben.workspace.quarantine.list()).toMatchObject([{ code: "deleted" }]);
    type(page, "new life");
    await page.saved("server");
    await expect.poll(() => text(seen)).toBe("new life");
    expect(await serverText()).toBe("new life");
  });

  it("[SYNC-17] is taken again after the server was put back before it, and behind it once more", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const other = ben.workspace.open(PAGE);
    type(page, "old");
    await expect.poll(() => text(other)).toBe("old");
    const before = copyDisk(rig.disk);
    await rig.hub.deleteDocument(PAGE);
    await expect.poll(() => other.state.deleted).toBe(true);
    const after = copyDisk(rig.disk);
    type(other, "; new");
    await expect.poll(() => text(page)).toBe("; new");
    await rig.restartServer(before, { recovering: true });
    await expect.poll(() => page.state).toMatchObject({ live: true, deleted: false });
    await expect.poll(() => text(page)).toContain("old");
    await rig.restartServer(after, { recovering: true });
    await expect.poll(() => page.state).toMatchObject({ live: true, deleted: true });
    expect(text(page)).toBe("");
    type(page, "at last");
    await page.saved("server");
    expect(await serverText()).toBe("at last");
  });
});

describe("presence", () => {
  it("is seen by others with the hub's stamp, and is gone when the peer goes", async () => {
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const page = ada.workspace.open(PAGE);
    const seen = ben.workspace.open(PAGE);
    await Promise.all([page.caughtUp(), seen.caughtUp()]);
    page.awareness.setLocalStateField("user", { name: "Ada", principal: "mallory" });
    const others = (): unknown[] =>
      [...seen.awareness.getStates()]
        .filter(([id]) => id !== seen.awareness.clientID)
        .map(([, state]) => state);
    await expect
      .poll(others)
      .toContainEqual({ user: { name: "Ada", principal: "mallory" }, principal: "ada" });
    ada.workspace.sync.pause();
    await expect.poll(others).toEqual([]);
    ada.workspace.sync.resume();
    await expect.poll(others).toHaveLength(1);
    page.close();
    await expect.poll(others).toEqual([]);
  });
});
