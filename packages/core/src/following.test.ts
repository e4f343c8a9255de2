/** What a device hears of documents that nobody opened on it. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDocPath } from "./doc-path.ts";
import { CroftError } from "./errors.ts";
import type { MemoryDisk } from "./store/memory-store.ts";
import { copyDisk, createRig, grants, type Rig, type RigDevice } from "./testing/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.dispose());

async function write(device: RigDevice, path: string, words: string): Promise<void> {
  const handle = device.workspace.open(path);
  await handle.caughtUp();
  handle.doc.getText("body").insert(0, words);
  await handle.saved("server");
  handle.close();
}

/** What a device without a network shows of a document. */
async function shownOffline(disk: MemoryDisk, path: string): Promise<string> {
  const device = await rig.device("ben", copyDisk(disk), { sync: { paused: true } });
  const handle = device.workspace.open(path);
  await handle.ready;
  return handle.doc.getText("body").toString();
}

const heldBytes = (disk: MemoryDisk): number =>
  [...disk.documents.values()].reduce(
    (sum, { record }) => sum + record.logBytes + record.snapshotBytes,
    0,
  );
const held = (disk: MemoryDisk): readonly string[] =>
  [...disk.documents.values()]
    .filter(({ record }) => record.head > 0)
    .map(({ record }) => record.path)
    .toSorted();

describe("a listing of the workspace", () => {
  it("shows documents that are not on this device, live, and offline what it heard last", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", "first");
    const ben = await rig.device("ben");
    const listing = ben.workspace.listing("notes/");
    await expect
      .poll(() => listing.documents)
      .toMatchObject([{ path: "notes/a", head: 1, stored: false }]);
    const heard: string[][] = [];
    listing.onChange((documents) => heard.push(documents.map(({ path }) => path)));
    await write(ada, "notes/b", "second");
    await write(ada, "todo/c", "third");
    await expect.poll(() => heard.at(-1)).toEqual(["notes/a", "notes/b"]);
    await ada.workspace.delete("notes/a");
    await expect.poll(() => heard.at(-1)).toEqual(["notes/b"]);
    await write(ben, "notes/b", "mine ");
    await expect.poll(() => listing.documents).toMatchObject([{ path: "notes/b", stored: true }]);
    listing.dispose();
    const offline = await rig.device("ben", copyDisk(ben.disk), { sync: { paused: true } });
    expect(await offline.workspace.list("")).toMatchObject([
      { path: "notes/b", stored: true },
      { path: "todo/c", stored: false },
    ]);
  });

  it("keeps nobody waiting when its workspace goes", async () => {
    const ben = await rig.device("ben");
    const listing = ben.workspace.listing("notes/");
    const closing = ben.workspace.dispose();
    await Promise.all([listing.ready, closing]);
    expect(() => ben.workspace.listing("notes/")).toThrow(/disposed/);
  });

  it("[INV-4] has nothing that may not be read, and drops it when access goes", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", "open");
    await write(ada, "secret/b", "closed");
    rig.gate.limitUser("ben", grants("notes/**:write", "stats/**:write"));
    const ben = await rig.device("ben");
    const listing = ben.workspace.listing("");
    const paths = (): readonly string[] => listing.documents.map(({ path }) => path);
    await expect.poll(paths).toEqual(["notes/a"]);
    rig.gate.limitUser("ben", grants("secret/**:read"));
    await expect.poll(paths).toEqual(["secret/b"]);
    rig.gate.limitUser("ben", grants("**:none"));
    await expect.poll(paths).toEqual([]);
    expect([...ben.disk.listing.keys()]).toEqual([]);
  });

  it("[SYNC-16] is whole again when nobody knows whether it was stored", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", "first");
    const ben = await rig.device("ben");
    const listing = ben.workspace.listing("");
    const paths = (): readonly string[] => listing.documents.map(({ path }) => path);
    await expect.poll(paths).toEqual(["notes/a"]);
    // It is stored that there is nothing, and the device is told that it was not.
    ben.store.afterCommit = ({ listing: stored }) => {
      if (!stored) return;
      ben.store.afterCommit = undefined;
      rig.gate.limitUser("ben", undefined);
      throw new CroftError("store/failed", "Nobody knows.");
    };
    rig.gate.limitUser("ben", []);
    await expect.poll(() => ben.store.afterCommit).toBeUndefined();
    await expect.poll(() => [...ben.disk.listing.keys()], { timeout: 4_000 }).toEqual(["notes/a"]);
    await expect.poll(paths).toEqual(["notes/a"]);
  });

  it("shows a plugin what it was granted, and no more", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", "theirs");
    await write(ada, "stats/own", "its own");
    const ben = await rig.device("ben");
    const plugin = ben.workspace.createPluginReplica("stats");
    const listing = plugin.listing("");
    await expect.poll(() => listing.documents.map(({ path }) => path)).toEqual(["stats/own"]);
    ben.workspace.gate.setPluginGrants("stats", grants("notes/**:read"));
    await expect
      .poll(() => listing.documents.map(({ path }) => path))
      .toEqual(["notes/a", "stats/own"]);
    ben.workspace.gate.setPluginGrants("stats", []);
    await expect.poll(() => listing.documents.map(({ path }) => path)).toEqual(["stats/own"]);
  });
});

describe("a device that follows a subtree", () => {
  it("[INV-7] has documents that were never opened on it, up to date, without a network", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", "before");
    await write(ada, "todo/b", "not followed");
    const ben = await rig.device("ben", undefined, { keep: { follow: ["notes/**"] } });
    await expect.poll(() => held(ben.disk)).toEqual(["notes/a"]);
    await write(ada, "notes/a", "more ");
    await write(ada, "notes/c", "new");
    await expect.poll(() => shownOffline(ben.disk, "notes/a")).toBe("more before");
    await expect.poll(() => shownOffline(ben.disk, "notes/c")).toBe("new");
    expect(await shownOffline(ben.disk, "todo/b")).toBe("");
  });

  it("asks one question when it comes back, and opens what changed", async () => {
    const ada = await rig.device("ada");
    const count = 60;
    for (let i = 0; i < count; i++) await write(ada, `notes/${i}`, `page ${i}`);
    const ben = await rig.device("ben", undefined, { keep: { follow: ["**"] } });
    await expect.poll(() => held(ben.disk)).toHaveLength(count);
    await expect.poll(() => ben.disk.meta.get("listing")).toBeDefined();
    ben.workspace.sync.pause();
    await write(ada, "notes/7", "changed ");
    const opens = rig.opens;
    ben.workspace.sync.resume();
    await expect.poll(() => shownOffline(ben.disk, "notes/7")).toBe("changed page 7");
    expect(rig.opens - opens).toBe(1);
  });

  it("[SYNC-17] follows a deletion of what is not open, and what it typed there is in the quarantine", async () => {
    const ada = await rig.device("ada");
    for (const path of ["notes/a", "notes/b"]) await write(ada, path, "old");
    const ben = await rig.device("ben");
    for (const path of ["notes/a", "notes/b"]) await write(ben, path, "mine ");
    await ada.workspace.delete("notes/a");
    await expect.poll(() => held(ben.disk)).toEqual(["notes/b"]);
    ben.workspace.sync.pause();
    await expect.poll(() => ben.workspace.sync.state.name).toBe("paused");
    await ada.workspace.delete("notes/b");
    ben.workspace.sync.resume();
    await expect.poll(() => held(ben.disk)).toEqual([]);
  });

  it.each(["stays", "starts again"])(
    "[SYNC-17] follows a deletion of what it could not read for a while, as the device %s",
    async (how) => {
      const ada = await rig.device("ada");
      await write(ada, "notes/a", "old");
      const ben = await rig.device("ben", undefined, { keep: { follow: ["**"] } });
      await expect.poll(() => held(ben.disk)).toEqual(["notes/a"]);
      const upstream = () => [...ben.disk.documents.values()][0]?.record.upstream;
      rig.gate.limitUser("ben", []);
      await expect.poll(() => upstream()?.access).toBe("none");
      // It hears that the document is there, and the network goes before it asked for it.
      ben.store.afterCommit = ({ listing }) => {
        if (listing?.put.some(({ path }) => path === "notes/a")) ben.workspace.sync.pause();
      };
      rig.gate.limitUser("ben", undefined);
      await expect.poll(() => ben.workspace.sync.state.name).toBe("paused");
      expect(upstream()?.access).toBe("none");
      ben.store.afterCommit = undefined;
      const stopped = copyDisk(ben.disk);
      await ada.workspace.delete("notes/a");
      if (how === "starts again") await ben.workspace.dispose();
      else ben.workspace.sync.resume();
      const { disk } =
        how === "starts again"
          ? await rig.device("ben", stopped, { keep: { follow: ["**"] } })
          : ben;
      await expect.poll(() => held(disk)).toEqual([]);
    },
  );

  it("[SYNC-17] follows a deletion while it could not read, though the network goes before it asks", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", "old");
    const ben = await rig.device("ben", undefined, { keep: { follow: ["**"] } });
    await expect.poll(() => held(ben.disk)).toEqual(["notes/a"]);
    const upstream = () => [...ben.disk.documents.values()][0]?.record.upstream;
    rig.gate.limitUser("ben", []);
    await expect.poll(() => upstream()?.access).toBe("none");
    await ada.workspace.delete("notes/a");
    ben.store.afterCommit = ({ listing }) => {
      if (listing) ben.workspace.sync.pause();
    };
    rig.gate.limitUser("ben", undefined);
    await expect.poll(() => ben.workspace.sync.state.name).toBe("paused");
    ben.store.afterCommit = undefined;
    ben.workspace.sync.resume();
    await expect.poll(() => held(ben.disk)).toEqual([]);
  });

  it("gives back what a restored server lost, also of documents that nobody opens", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", "in the backup");
    const backup = copyDisk(rig.disk);
    await write(ada, "notes/a", "lost ");
    await write(ada, "notes/b", "lost too");
    ada.workspace.sync.pause();
    await rig.restartServer(backup, { recovering: true });
    ada.workspace.sync.resume();
    const ben = await rig.device("ben");
    for (const [path, words] of [
      ["notes/a", "lost in the backup"],
      ["notes/b", "lost too"],
    ] as const) {
      const page = ben.workspace.open(path);
      await expect.poll(() => page.doc.getText("body").toString()).toBe(words);
    }
  });
});

describe("a server that was restored", () => {
  it("gets back what it had acknowledged and not yet listed, though nobody opens it", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/a", "in the backup");
    await expect.poll(() => ada.disk.listing.size).toBe(1);
    const backup = copyDisk(rig.disk);
    const heard = ada.disk.meta.get("listing") ?? "";
    const listed = new Map(ada.disk.listing);
    await write(ada, "notes/a", "lost ");
    ada.crash();
    // As if the listing of that had been on its way.
    ada.disk.meta.set("listing", heard);
    for (const [path, row] of listed) ada.disk.listing.set(path, row);
    await rig.restartServer(backup, { recovering: true });
    const again = await rig.device("ada", ada.disk);
    await expect.poll(() => rig.disk.documents.get(parseDocPath("notes/a"))?.record.head).toBe(2);
    const ben = await rig.device("ben");
    const page = ben.workspace.open("notes/a");
    await expect.poll(() => page.doc.getText("body").toString()).toBe("lost in the backup");
    expect(await again.workspace.quarantine.list()).toEqual([]);
  });
});

describe("a storage budget", () => {
  const big = "x".repeat(1000);

  /** Writes documents, each at a time of its own. */
  async function writeInTurn(device: RigDevice, ...paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await write(device, path, big);
      const now = Date.now();
      await expect.poll(() => Date.now()).toBeGreaterThan(now);
    }
  }

  it("keeps what changed last, and drops what is over it", async () => {
    const ada = await rig.device("ada");
    await writeInTurn(ada, "notes/a", "notes/b", "notes/c", "notes/d");
    const keep = { follow: ["notes/**"], budget: 2_500 };
    const ben = await rig.device("ben", undefined, { keep });
    await expect.poll(() => held(ben.disk)).toEqual(["notes/c", "notes/d"]);
    expect(heldBytes(ben.disk)).toBeLessThanOrEqual(2_500);
    ben.workspace.sync.pause();
    await write(ada, "notes/a", "y");
    ben.workspace.sync.resume();
    await expect.poll(() => held(ben.disk)).toEqual(["notes/a", "notes/d"]);
    // What was dropped is fetched again by who opens it.
    const page = ben.workspace.open("notes/b");
    await expect.poll(() => page.doc.getText("body").toString()).toBe(big);
  });

  it("[SYNC-6] never drops what a restored server has lost", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/old", "old");
    const backup = copyDisk(rig.disk);
    const keep = { follow: ["notes/**"], budget: 1_500 };
    const first = await rig.device("ben", undefined, { keep });
    await write(first, "notes/lost", big);
    await first.workspace.dispose();
    await rig.restartServer(backup);
    await writeInTurn(ada, "notes/new", "notes/newer");
    const ben = await rig.device("ben", first.disk, { keep });
    // All that is listed was compared with all that is here.
    await expect.poll(() => held(ben.disk)).toContain("notes/newer");
    expect(held(ben.disk)).toContain("notes/lost");
    await rig.restartServer(rig.disk, { recovering: true });
    const listing = ada.workspace.listing("notes/");
    await expect
      .poll(() => listing.documents.map(({ path }) => path))
      .toEqual(["notes/lost", "notes/new", "notes/newer", "notes/old"]);
  });

  it("does not fetch what does not fit, however often it changes", async () => {
    const ada = await rig.device("ada");
    await write(ada, "notes/big", big);
    await write(ada, "notes/small", "s");
    const keep = { follow: ["notes/**"], budget: 500 };
    const ben = await rig.device("ben", undefined, { keep });
    await expect.poll(() => held(ben.disk)).toEqual(["notes/small"]);
    const listing = ben.workspace.listing("notes/big");
    for (let edit = 2; edit < 5; edit++) {
      await write(ada, "notes/big", "y");
      await expect.poll(() => listing.documents[0]?.head).toBe(edit);
    }
    // What would have been asked for before this is here before it.
    const page = ben.workspace.open("notes/small");
    await page.caughtUp();
    await write(ben, "notes/small", "t");
    expect(held(ben.disk)).toEqual(["notes/small"]);
  });

  it("[INV-3] never drops what waits, what was refused, or what is open", async () => {
    const ada = await rig.device("ada");
    for (const name of ["a", "b", "c", "d"]) await write(ada, `notes/${name}`, big);
    const first = await rig.device("ben");
    for (const name of ["a", "b", "c", "d"]) {
      const page = first.workspace.open(`notes/${name}`);
      await expect.poll(() => page.doc.getText("body").toString()).toBe(big);
      page.close();
    }
    rig.gate.limitUser("ben", grants("**:write", "notes/b:read"));
    const refused = first.workspace.open("notes/b");
    await expect.poll(() => refused.state.access).toBe("read");
    rig.gate.limitUser("ben", undefined);
    await expect.poll(() => refused.state.access).toBe("write");
    first.workspace.sync.pause();
    await expect.poll(() => first.workspace.sync.state.name).toBe("paused");
    refused.doc.getText("body").insert(0, "r");
    await refused.saved("device");
    rig.gate.limitUser("ben", grants("**:write", "notes/b:read"));
    first.workspace.sync.resume();
    await expect.poll(() => first.workspace.quarantine.list()).toHaveLength(1);
    first.workspace.sync.pause();
    await expect.poll(() => first.workspace.sync.state.name).toBe("paused");
    const waiting = first.workspace.open("notes/a");
    waiting.doc.getText("body").insert(0, "w");
    await waiting.saved("device");
    first.crash();
    rig.stopServer();

    await rig.restartServer();
    rig.gate.limitUser("ben", grants("notes/a:none", "**:write", "notes/b:read"));
    const ben = await rig.device("ben", first.disk, { keep: { budget: 10 } });
    const open = ben.workspace.open("notes/d");
    await expect.poll(() => held(ben.disk).includes("notes/c")).toBe(false);
    expect(held(ben.disk)).toContain("notes/b");
    expect(held(ben.disk)).toContain("notes/d");
    expect(open.doc.getText("body").toString()).toBe(big);
    expect(await ben.workspace.quarantine.list()).not.toEqual([]);
  });
});
