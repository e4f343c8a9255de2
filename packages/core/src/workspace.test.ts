import { afterEach, describe, expect, it } from "vitest";
import { createMemoryChannelPair } from "./channel/memory-channel.ts";
import { type Clock, systemClock } from "./clock.ts";
import { CroftError } from "./errors.ts";
import { createMemoryDisk, createMemoryStore } from "./store/memory-store.ts";
import { createGate } from "./access/gate.ts";
import { createHub } from "./hub/hub.ts";
import { servePeer } from "./hub/hub-session.ts";
import { createFaultyStore, createRig, grants, type Rig } from "./testing/rig.ts";
import { openWorkspace, type WorkspaceOptions } from "./workspace.ts";

const options: WorkspaceOptions = {
  id: "acme",
  user: "ada",
  store: async () => createMemoryStore(),
};

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.dispose();
  rig = undefined;
});

describe("openWorkspace", () => {
  it("works without a server, and saves on the device", async () => {
    const workspace = await openWorkspace(options);
    expect(workspace.sync.state).toEqual({ name: "none" });
    const page = workspace.open("notes/welcome");
    await page.ready;
    page.doc.getText("body").insert(0, "Hello");
    await page.saved("device");
    expect(page.state).toMatchObject({ access: "write", ready: true, live: true, saved: "device" });
    expect(await workspace.list("notes/")).toMatchObject([{ path: "notes/welcome", head: 1 }]);
    await workspace.dispose();
  });

  it("two devices agree, online and after an offline period", async () => {
    rig = await createRig();
    const ada = await rig.device("ada");
    const ben = await rig.device("ben");
    const a = ada.workspace.open("notes/welcome");
    const b = ben.workspace.open("notes/welcome");
    a.doc.getText("body").insert(0, "Hello");
    await expect.poll(() => b.doc.getText("body").toString()).toBe("Hello");
    ben.workspace.sync.pause();
    expect(ben.workspace.sync.state).toEqual({ name: "paused" });
    b.doc.getText("body").insert(5, " world");
    a.doc.getText("body").insert(0, "> ");
    await b.saved("device");
    expect(b.state.saved).toBe("device");
    ben.workspace.sync.resume();
    await b.saved("server");
    for (const page of [a, b]) {
      await expect.poll(() => page.doc.getText("body").toString()).toBe("> Hello world");
    }
  });

  it("gives the same document twice, and frees it some documents after its last handle", async () => {
    const workspace = await openWorkspace(options);
    const first = workspace.open("notes/welcome");
    const second = workspace.open("notes/welcome");
    expect(second.doc).toBe(first.doc);
    const { doc } = first;
    let destroyed = false;
    doc.on("destroy", () => {
      destroyed = true;
    });
    first.close();
    await second.ready;
    expect(destroyed).toBe(false);
    expect(() => first.doc).toThrow(expect.objectContaining({ code: "disposed" }));
    second.close();
    const again = workspace.open("notes/welcome");
    expect(again.doc).toBe(doc);
    again.close();
    for (let i = 0; i < 16; i++) workspace.open(`notes/${i}`).close();
    await expect.poll(() => destroyed).toBe(true);
    expect(workspace.open("notes/welcome").doc).not.toBe(doc);
    await workspace.dispose();
  });

  it("tells which documents the application has open, and not those of plugins", async () => {
    const workspace = await openWorkspace(options);
    const told: string[] = [];
    const stop = workspace.openDocuments.onOpened((path) => told.push(path));
    const first = workspace.open("notes/a");
    const second = workspace.open("notes/a");
    workspace.createPluginReplica("stats").open("stats/summary");
    expect(workspace.openDocuments.list()).toEqual(["notes/a"]);
    first.close();
    expect(workspace.openDocuments.list()).toEqual(["notes/a"]);
    second.close();
    second.close();
    expect(workspace.openDocuments.list()).toEqual([]);
    workspace.open("notes/a");
    stop();
    workspace.open("notes/b");
    expect(told).toEqual(["notes/a", "notes/a"]);
    expect(workspace.openDocuments.list()).toEqual(["notes/a", "notes/b"]);
    await workspace.dispose();
    expect(workspace.openDocuments.list()).toEqual([]);
  });

  it("does not take edits for saved after it was disposed", async () => {
    const workspace = await openWorkspace(options);
    const page = workspace.open("notes/welcome");
    await page.ready;
    const states: unknown[] = [];
    page.onState(({ error, live }) => states.push([error?.code, live]));
    await workspace.dispose();
    expect(states.at(-1)).toEqual(["disposed", false]);
    expect(page.state).toMatchObject({ access: "none", live: false });
    expect(() => page.doc).toThrow(expect.objectContaining({ code: "disposed" }));
    await expect(page.saved("device")).rejects.toMatchObject({ code: "disposed" });
    await expect(page.caughtUp()).rejects.toMatchObject({ code: "disposed" });
    page.close();
  });

  it("saves what was typed last before a closed document is freed", async () => {
    const disk = createMemoryDisk();
    const store = async () => createMemoryStore(disk);
    const workspace = await openWorkspace({ ...options, store });
    const page = workspace.open("notes/welcome");
    page.doc.getText("body").insert(0, "last words");
    page.close();
    await workspace.dispose();
    const again = await openWorkspace({ ...options, store });
    const reopened = again.open("notes/welcome");
    await reopened.ready;
    expect(reopened.doc.getText("body").toString()).toBe("last words");
    await again.dispose();
  });

  it("says when a server cannot be reached, and goes on offline", async () => {
    const workspace = await openWorkspace({
      ...options,
      sync: { url: "ws://127.0.0.1:9", backOff: { first: 5, max: 10 } },
    });
    await expect.poll(() => workspace.sync.state.name).toBe("offline");
    const page = workspace.open("notes/welcome");
    page.doc.getText("body").insert(0, "offline");
    await page.saved("device");
    expect(page.state).toMatchObject({ live: false, saved: "device", waiting: 1 });
    await workspace.dispose();
  });

  it("finds the server at each connection, and is offline while it cannot", async () => {
    let asked = 0;
    const workspace = await openWorkspace({
      ...options,
      sync: {
        url: async () => {
          if (++asked === 1) throw new Error("the backend is away");
          return "ws://127.0.0.1:9";
        },
        backOff: { first: 5, max: 10 },
      },
    });
    await expect.poll(() => asked).toBeGreaterThan(2);
    expect(workspace.sync.state.name).toBe("offline");
    await workspace.dispose();
  });

  it("says so too when the server takes the connection and never answers", async () => {
    const waits: { readonly ms: number; readonly run: () => void }[] = [];
    const clock: Clock = {
      ...systemClock,
      delay(ms, run) {
        const wait = { ms, run };
        waits.push(wait);
        return () => void waits.splice(waits.indexOf(wait), 1);
      },
    };
    const workspace = await openWorkspace({
      ...options,
      clock,
      sync: { url: "ws://in-process", connect: () => new Promise(() => undefined) },
    });
    expect(workspace.sync.state).toEqual({ name: "connecting" });
    waits.find(({ ms }) => ms === 15_000)?.run();
    expect(workspace.sync.state).toMatchObject({ name: "offline" });
    await workspace.dispose();
  });

  it.each([
    [{ id: "" }, /`id`/],
    [{ user: "a/b" }, /`user`/],
    [{ sync: { url: "http://example.com" } }, /`sync\.url` must start with ws/],
    [{ sync: { url: "ws://example.com/sync/acme" } }, /`sync\.url` .* be without \/sync/],
  ])("refuses %j with a clear error", async (bad, why) => {
    const opening = openWorkspace({ ...options, ...bad });
    await expect(opening).rejects.toThrow(why);
    await expect(opening).rejects.toBeInstanceOf(CroftError);
  });

  it("[SYNC-1] refuses a store that is another user's, and leaves it alone", async () => {
    const disk = createMemoryDisk();
    const store = async () => createMemoryStore(disk);
    const own = await openWorkspace({ ...options, store });
    const other = openWorkspace({ ...options, user: "ben", store });
    await expect(other).rejects.toMatchObject({ code: "store/foreign" });
    // The owner has it open, and still leads it.
    const page = own.open("notes/welcome");
    page.doc.getText("body").insert(0, "mine");
    await page.saved("device");
    await own.dispose();
  });

  it("[SYNC-1] a store has owner and writer from its first term on, whatever happens then", async () => {
    const disk = createMemoryDisk();
    const store = createFaultyStore(disk);
    store.failWith = "store/full";
    await (await openWorkspace({ ...options, store: async () => store })).dispose();
    const { writer } = Object.fromEntries(disk.meta);
    expect(writer).toMatch(/^[0-9a-f]{32}$/);
    const again = await openWorkspace({ ...options, store: async () => createMemoryStore(disk) });
    expect(disk.meta.get("writer")).toBe(writer);
    await again.dispose();
  });

  it("does not ask for a token again and again when it holds for longer than a timer can", async () => {
    const hub = await createHub({ store: createMemoryStore(), gate: createGate() });
    let asked = 0;
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      delay(ms, run) {
        waits.push(ms);
        return systemClock.delay(ms, run);
      },
    };
    const workspace = await openWorkspace({
      ...options,
      clock,
      sync: {
        url: "ws://in-process",
        token: () => `token ${++asked}`,
        connect: async () => {
          const [near, far] = createMemoryChannelPair();
          servePeer(far, async () => {
            const expiresAt = Date.now() + 60 * 86_400_000;
            return { hub, principal: { user: "ada", grants: grants("**:write") }, expiresAt };
          });
          return near;
        },
      },
    });
    await workspace.open("notes/welcome").caughtUp();
    expect(asked).toBe(1);
    expect(Math.max(...waits)).toBe(2 ** 31 - 1);
    await workspace.dispose();
    await hub.dispose();
  });

  it("renews its credentials again and again in one session", async () => {
    const hub = await createHub({ store: createMemoryStore(), gate: createGate() });
    const admitted: string[] = [];
    let connects = 0;
    let tokens = 0;
    const workspace = await openWorkspace({
      ...options,
      sync: {
        url: "ws://in-process",
        token: () => `token ${++tokens}`,
        connect: async () => {
          connects++;
          const [near, far] = createMemoryChannelPair();
          servePeer(far, async ({ token }) => {
            admitted.push(token);
            const principal = { user: "ada", grants: grants("**:write") };
            return { hub, principal, expiresAt: Date.now() + 250 };
          });
          return near;
        },
      },
    });
    await expect.poll(() => admitted.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(4);
    expect(admitted.slice(0, 3)).toEqual(["token 1", "token 2", "token 3"]);
    expect([connects, workspace.sync.state.name]).toEqual([1, "online"]);
    await workspace.dispose();
    await hub.dispose();
  });

  it("leaves no timer and no channel behind", async () => {
    const timers = new Set<object>();
    const clock: Clock = {
      ...systemClock,
      delay(ms, run) {
        const timer = {};
        timers.add(timer);
        const cancel = systemClock.delay(ms, () => {
          timers.delete(timer);
          run();
        });
        return () => {
          timers.delete(timer);
          cancel();
        };
      },
    };
    const [near, far] = createMemoryChannelPair();
    const workspace = await openWorkspace({
      ...options,
      clock,
      sync: { url: "ws://in-process", connect: async () => near },
    });
    const page = workspace.open("notes/welcome");
    const plugin = workspace.createPluginReplica("stats");
    plugin.open("stats/summary").doc.getMap("totals").set("pages", 1);
    await page.ready;
    await workspace.dispose();
    expect(timers.size).toBe(0);
    expect(far.closed).toBe(true);
    expect(() => workspace.open("notes/welcome")).toThrow(
      expect.objectContaining({ code: "disposed" }),
    );
  });
});
