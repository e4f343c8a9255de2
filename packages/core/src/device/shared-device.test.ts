import { describe, expect, it } from "vitest";
import { createMemoryDisk, createMemoryStore, type MemoryDisk } from "../store/memory-store.ts";
import { createWriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { RawPeer } from "../testing/raw-peer.ts";
import { createGateway } from "../testing/gateway.ts";
import { createFaultyStore } from "../testing/rig.ts";
import type { OpenStore } from "../store/store.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";

let names = 0;

function sharedStore(disk: MemoryDisk): OpenStore {
  names++;
  return Object.assign(async () => createMemoryStore(disk), { sharedAs: `test-${names}` });
}

function open(store: OpenStore): Promise<Workspace> {
  return openWorkspace({ id: "acme", user: "ada", store });
}

describe("tabs that open the same store", () => {
  it("share one hub; when the leader goes, another takes over and nothing is lost", async () => {
    const disk = createMemoryDisk();
    const store = sharedStore(disk);
    const leader = await open(store);
    const follower = await open(store);
    const a = leader.open("notes/page");
    const b = follower.open("notes/page");
    await Promise.all([a.ready, b.ready]);
    b.doc.getText("body").insert(0, "from the follower");
    await b.saved("device");
    await expect.poll(() => a.doc.getText("body").toString()).toBe("from the follower");
    expect(disk.term).toBe(1);
    expect(await follower.list("notes/")).toHaveLength(1);

    await leader.dispose();
    b.doc.getText("body").insert(0, "still ");
    await b.saved("device");
    expect(disk.term).toBe(2);
    const late = await open(store);
    const c = late.open("notes/page");
    await expect.poll(() => c.doc.getText("body").toString()).toBe("still from the follower");
    await late.dispose();
    await follower.dispose();
  });

  it("a plugin in a tab that follows has its own subtree, and no more", async () => {
    const store = sharedStore(createMemoryDisk());
    const leader = await open(store);
    const follower = await open(store);
    const stats = follower.createPluginReplica("stats");
    const own = stats.open("stats/summary");
    await own.ready;
    own.doc.getMap("totals").set("pages", 1);
    await own.saved("device");
    const foreign = stats.open("notes/page");
    await foreign.ready;
    expect([own.state.access, foreign.state.access]).toEqual(["write", "none"]);
    await follower.dispose();
    await leader.dispose();
  });

  it("[INV-4] is whom its tab says, whatever it sends itself", async () => {
    const store = sharedStore(createMemoryDisk());
    const leader = await open(store);
    const follower = await open(store);
    for (const tab of [leader, follower]) {
      for (const token of ["", "notes", "app"]) {
        const peer = new RawPeer(await tab.connectPlugin("stats", new AbortController().signal));
        peer.greet(createWriterId(), { token });
        expect(await peer.next("welcome")).toMatchObject({ user: "ada", plugin: "stats" });
        expect(await peer.open("notes/page")).toMatchObject({ access: "none" });
        expect(await peer.open("stats/summary", undefined, 2)).toMatchObject({ access: "write" });
        // Nor later, with other credentials.
        peer.send({ type: "authenticate", token: "" });
        await peer.heard();
        expect(await peer.open("app/users/ada/plugins", undefined, 3)).toMatchObject({
          access: "none",
        });
        peer.channel.close(CloseCode.normal, "");
      }
    }
    await expect(leader.connectPlugin("app", new AbortController().signal)).rejects.toMatchObject({
      code: "input/invalid",
    });
    await follower.dispose();
    await leader.dispose();
  });

  it("[SYNC-9] a store that was taken over refuses its former hub", async () => {
    const disk = createMemoryDisk();
    const former = await openWorkspace({
      id: "acme",
      user: "ada",
      store: async () => createMemoryStore(disk),
    });
    const page = former.open("notes/page");
    await page.ready;
    const successor = await openWorkspace({
      id: "acme",
      user: "ada",
      store: async () => createMemoryStore(disk),
    });
    page.doc.getText("body").insert(0, "late");
    await expect.poll(() => former.problem?.code).toBe("store/fenced");
    expect(page.state.saved).toBe("memory");
    expect(await successor.list("notes/")).toEqual([]);
    await successor.dispose();
    await former.dispose();
  }, 20_000);

  it("stay offline as they were told, when another one takes the lead", async () => {
    const disk = createMemoryDisk();
    const store = sharedStore(disk);
    let connects = 0;
    const options = {
      id: "acme",
      user: "ada",
      store,
      sync: {
        url: "ws://in-process",
        connect: () => {
          connects++;
          return Promise.reject(new Error("away"));
        },
      },
    };
    const leader = await openWorkspace(options);
    const follower = await openWorkspace(options);
    follower.sync.pause();
    await expect.poll(() => leader.sync.state.name).toBe("paused");
    await expect.poll(() => follower.sync.state.name).toBe("paused");
    const before = connects;
    await leader.dispose();
    await expect.poll(() => disk.term).toBe(2);
    const page = follower.open("notes/page");
    page.doc.getText("body").insert(0, "offline");
    await page.saved("device");
    expect(follower.sync.state).toEqual({ name: "paused" });
    expect(connects).toBe(before);
    follower.sync.resume();
    await expect.poll(() => connects).toBe(before + 1);
    await follower.dispose();
  });

  it.each(["before the leader is gone", "while the next one opens the store"])(
    "stay offline when they were told so %s",
    async (when) => {
      const disk = createMemoryDisk();
      const slow = createGateway();
      let opened = 0;
      names++;
      const store: OpenStore = Object.assign(
        async () => {
          if (++opened === 2) await slow.passed;
          return createMemoryStore(disk);
        },
        { sharedAs: `test-${names}` },
      );
      let connects = 0;
      const options = {
        id: "acme",
        user: "ada",
        store,
        sync: {
          url: "ws://in-process",
          connect: () => {
            connects++;
            return Promise.reject(new Error("away"));
          },
        },
      };
      const leader = await openWorkspace({ ...options, sync: { ...options.sync, paused: true } });
      expect(leader.sync.state).toEqual({ name: "paused" });
      expect(connects).toBe(0);
      leader.sync.resume();
      await expect.poll(() => connects).toBe(1);
      const follower = await openWorkspace(options);
      const before = connects;
      const isEarly = when === "before the leader is gone";
      const gone = leader.dispose();
      if (isEarly) follower.sync.pause();
      await gone;
      await expect.poll(() => opened).toBe(2);
      if (!isEarly) follower.sync.pause();
      slow.open();
      await expect.poll(() => disk.term).toBe(2);
      await expect.poll(() => follower.sync.state).toEqual({ name: "paused" });
      expect(connects).toBe(before);
      await follower.dispose();
    },
  );

  it("leave nothing open when they are closed while they take the lead", async () => {
    const disk = createMemoryDisk();
    const slow = createGateway();
    const open = new Set<object>();
    let opened = 0;
    names++;
    const store: OpenStore = Object.assign(
      async () => {
        if (++opened === 2) await slow.passed;
        const inner = createFaultyStore(disk);
        open.add(inner);
        return {
          ...inner,
          close: async () => {
            open.delete(inner);
            await inner.close();
          },
        };
      },
      { sharedAs: `test-${names}` },
    );
    const leader = await openWorkspace({ id: "acme", user: "ada", store });
    const follower = await openWorkspace({ id: "acme", user: "ada", store });
    await leader.dispose();
    await expect.poll(() => opened).toBe(2);
    const disposed = follower.dispose();
    slow.open();
    await disposed;
    expect(open.size).toBe(0);
  });
});
