import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../access/gate.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { systemClock } from "../clock.ts";
import { CroftError } from "../errors.ts";
import { createHub, type Hub } from "../hub/hub.ts";
import { servePeer } from "../hub/hub-session.ts";
import { createTag, createWriterId, randomBytes } from "../ids.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { createLosableStore, type LosableStore } from "../testing/losable-store.ts";
import { RawPeer, typed } from "../testing/raw-peer.ts";
import { grants } from "../testing/rig.ts";
import type { DocumentHandle } from "../replica/document-handle.ts";
import { openDevice } from "./device.ts";
import { openWorkspace, type Workspace, type WorkspaceOptions } from "../workspace.ts";

let server: Hub;
let store: LosableStore;
const opened: Workspace[] = [];

beforeEach(async () => {
  server = await createHub({ store: createMemoryStore(), gate: createGate() });
  store = createLosableStore();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((workspace) => workspace.dispose()));
  await server.dispose();
});

async function open(options: Partial<WorkspaceOptions> = {}): Promise<Workspace> {
  const { user = "ada" } = options;
  const workspace = await openWorkspace({
    id: "acme",
    user,
    store: store.open,
    sync: {
      url: "ws://in-process",
      connect: async () => {
        const [near, far] = createMemoryChannelPair();
        const principal = { user, grants: grants("**:write") };
        servePeer(far, async () => ({ hub: server, principal }));
        return near;
      },
    },
    ...options,
  });
  opened.push(workspace);
  return workspace;
}

/** Makes so many changes, each saved on the device before the next. */
async function type(page: DocumentHandle, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    page.doc.getText("body").insert(page.doc.getText("body").length, text);
    await page.saved("device");
  }
}

const text = (page: DocumentHandle): string => page.doc.getText("body").toString();

/** What the server has, and three changes that it does not have; then everything is closed. */
async function leaveThreeWaiting(): Promise<void> {
  const workspace = await open();
  const page = workspace.open("notes/a");
  await type(page, "at the server");
  await page.saved("server");
  workspace.sync.pause();
  await type(page, " one", " two", " three");
  await workspace.dispose();
}

describe("a store that was lost while it was closed", () => {
  it("is told with what had not reached the server, and the rest comes back", async () => {
    await leaveThreeWaiting();
    store.delete();
    const workspace = await open();
    expect(workspace.losses).toEqual([{ path: "notes/a", changes: 3 }]);
    expect(workspace.problem).toMatchObject({
      code: "store/lost",
      path: "notes/a",
      message: "This device lost 3 changes of notes/a that had not reached the server.",
    });
    const page = workspace.open("notes/a");
    await page.caughtUp();
    expect(text(page)).toBe("at the server");
    expect(await workspace.quarantine.list()).toEqual([]);
  });

  it("is told until it is dismissed, over restarts, and only once", async () => {
    await leaveThreeWaiting();
    store.delete();
    await (await open()).dispose();
    const workspace = await open();
    expect(workspace.losses).toEqual([{ path: "notes/a", changes: 3 }]);
    const heard: unknown[] = [];
    workspace.onLosses((losses) => heard.push(losses));
    workspace.onProblem((problem) => heard.push(problem));
    workspace.dismissLosses();
    expect([heard, workspace.losses, workspace.problem]).toEqual([[[], undefined], [], undefined]);
    await workspace.dispose();
    expect((await open()).losses).toEqual([]);
  });

  it("is added to what was lost before", async () => {
    await leaveThreeWaiting();
    store.delete();
    const workspace = await open();
    workspace.sync.pause();
    await type(workspace.open("notes/b"), "fourth");
    await type(workspace.open("notes/a"), "fifth");
    await workspace.dispose();
    store.delete();
    expect((await open()).losses).toEqual([
      { path: "notes/a", changes: 4 },
      { path: "notes/b", changes: 1 },
    ]);
  });

  it("is no news where nothing waited", async () => {
    const workspace = await open();
    const page = workspace.open("notes/a");
    await type(page, "one", "two");
    await page.saved("server");
    await workspace.dispose();
    store.delete();
    const again = await open();
    expect([again.losses, again.problem]).toEqual([[], undefined]);
  });

  it("is told after a crash right after the new one was born", async () => {
    await leaveThreeWaiting();
    store.delete();
    const before = store.canary.text;
    await (await open()).dispose();
    store.canary.text = before;
    expect((await open()).losses).toEqual([{ path: "notes/a", changes: 3 }]);
  });
});

describe("a canary", () => {
  it("tells of nothing while the store is there, however old it is", async () => {
    const first = await open();
    await type(first.open("notes/a"), "online");
    first.sync.pause();
    await type(first.open("notes/a"), "waits");
    await first.dispose();
    const old = store.canary.text;
    expect(old).toContain("notes/a");
    // A crash between a commit and the canary: the store is ahead of it.
    const second = await open();
    await type(second.open("notes/a"), "more");
    await second.open("notes/a").saved("server");
    await second.dispose();
    store.canary.text = old;
    const third = await open();
    expect([third.losses, third.problem]).toEqual([[], undefined]);
  });

  it("tells of nothing when an older store is put back", async () => {
    await leaveThreeWaiting();
    const other = createLosableStore();
    const before = store;
    store = other;
    const workspace = await open({ user: "ada" });
    workspace.sync.pause();
    await type(workspace.open("notes/b"), "waits elsewhere");
    await workspace.dispose();
    before.canary.text = other.canary.text;
    store = before;
    expect((await open()).losses).toEqual([]);
  });

  it.each([
    ["user", { user: "ben" }],
    ["workspace", { id: "other" }],
  ])("of another %s says nothing", async (_, options) => {
    await leaveThreeWaiting();
    store.delete();
    const workspace = await open(options);
    expect([workspace.losses, workspace.problem]).toEqual([[], undefined]);
  });

  it.each([
    "",
    "{}",
    "no JSON",
    '{"v":2,"owner":"","store":"","term":1,"waiting":[],"lost":[]}',
    "x".repeat(300_000),
  ])("that holds something else says nothing: %.20s", async (garbage) => {
    store.canary.text = garbage;
    expect((await open()).losses).toEqual([]);
  });

  it("that cannot be used changes nothing", async () => {
    const forbidden = (): never => {
      throw new Error("forbidden");
    };
    Object.assign(store.canary, { read: forbidden, write: forbidden });
    const workspace = await open();
    await type(workspace.open("notes/a"), "typed");
    expect(workspace.problem).toBeUndefined();
  });

  it("that has no room is removed: it would count what is at the server", async () => {
    const workspace = await open();
    const page = workspace.open("notes/a");
    workspace.sync.pause();
    await type(page, "waits");
    await expect.poll(() => store.canary.text, { timeout: 3_000 }).toContain("notes/a");
    store.canary.write = (written) => {
      if (written !== undefined) throw new Error("full");
      store.canary.text = undefined;
    };
    workspace.sync.resume();
    await page.saved("server");
    await expect.poll(() => store.canary.text).toBeUndefined();
  });

  it("follows the store: soon what waits, at once that nothing waits any more", async () => {
    const workspace = await open();
    const page = workspace.open("notes/a");
    workspace.sync.pause();
    await type(page, "waits");
    await expect.poll(() => store.canary.text, { timeout: 3_000 }).toContain("notes/a");
    workspace.sync.resume();
    await page.saved("server");
    expect(store.canary.text).not.toContain("notes/a");
  });
});

describe("a store that was closed under its device", () => {
  it("is opened again under a new term, and what was typed meanwhile is saved", async () => {
    const workspace = await open();
    const page = workspace.open("notes/a");
    await type(page, "before");
    const { term } = store.disk;
    const problems: (string | undefined)[] = [];
    workspace.onProblem((problem) => problems.push(problem?.code));
    store.close();
    expect(workspace.problem).toMatchObject({
      code: "store/closed",
      message: "The test closed the store.",
      hint: expect.stringContaining("opened again"),
    });
    // Applications keep it.
    const { sync } = workspace;
    expect(sync.state.name).toBe("offline");
    page.doc.getText("body").insert(6, " and meanwhile");
    await page.saved("device");
    await page.saved("server");
    expect(problems).toEqual(["store/closed", undefined]);
    expect(workspace.problem).toBeUndefined();
    expect(store.disk.term).toBe(term + 1);
    expect(sync.state.name).toBe("online");
    expect(workspace.sync).toBe(sync);
    expect(await workspace.list("")).toHaveLength(1);
    await workspace.dispose();
    const again = await open();
    const copy = again.open("notes/a");
    await copy.ready;
    expect(text(copy)).toBe("before and meanwhile");
    expect(again.losses).toEqual([]);
  });

  it("keeps what waits, and stays offline as it was told", async () => {
    const workspace = await open();
    const page = workspace.open("notes/a");
    await type(page, "online");
    await page.saved("server");
    workspace.sync.pause();
    await type(page, " one", " two");
    store.close();
    expect(workspace.sync.state.name).toBe("paused");
    await expect.poll(() => workspace.problem, { timeout: 3_000 }).toBeUndefined();
    expect(workspace.sync.state.name).toBe("paused");
    await expect.poll(() => page.state.waiting).toBe(2);
    workspace.sync.resume();
    await page.saved("server");
    expect(text(page)).toBe("online one two");
    expect(await workspace.quarantine.list()).toEqual([]);
  });

  it("is tried again until it can be opened", async () => {
    const workspace = await open();
    store.refuse = new CroftError("store/failed", "Not now.");
    store.close();
    await expect.poll(() => workspace.problem?.message, { timeout: 3_000 }).toBe("Not now.");
    await expect.poll(() => store.opens, { timeout: 3_000 }).toBeGreaterThan(2);
    await expect(workspace.list("")).rejects.toThrow("Not now.");
    store.refuse = undefined;
    await expect.poll(() => workspace.problem, { timeout: 3_000 }).toBeUndefined();
    await type(workspace.open("notes/a"), "goes on");
  });

  it("is opened again when it closes while it is opened", async () => {
    const workspace = await open();
    store.onOpen = () => {
      store.onOpen = undefined;
      store.close();
    };
    store.close();
    await expect.poll(() => store.opens, { timeout: 3_000 }).toBe(3);
    await type(workspace.open("notes/a"), "goes on");
    expect(workspace.problem).toBeUndefined();
  });
});

describe("a store that was deleted under its device", () => {
  it("goes on as a new one, and what waited is in the quarantine", async () => {
    const workspace = await open();
    const page = workspace.open("notes/a");
    await type(page, "at the server");
    await page.saved("server");
    workspace.sync.pause();
    await type(page, " one", " two");
    const saved = page.saved("server");
    const denied: unknown[] = [];
    page.onDenied(({ code }) => denied.push(code));
    store.delete();
    await expect(saved).rejects.toMatchObject({ code: "access/denied" });
    expect(denied).toEqual(["replaced", "replaced"]);
    const [kept, ...more] = await workspace.quarantine.list();
    expect(kept).toMatchObject({ path: "notes/a", code: "replaced", author: "ada" });
    expect(more).toEqual([]);
    expect([workspace.losses, workspace.problem]).toEqual([[], undefined]);

    workspace.sync.resume();
    await expect.poll(() => text(page)).toBe("at the server");
    await type(page, ", and then");
    await page.saved("server");
    await workspace.dispose();
    const again = await open();
    expect(again.losses).toEqual([]);
    const copy = again.open("notes/a");
    await copy.ready;
    expect(text(copy)).toBe("at the server, and then");
    expect(await again.quarantine.list()).toHaveLength(1);
  });

  it("[SYNC-22] tells a writer what became of its numbers, and goes on from them", async () => {
    const device = await openDevice({
      workspace: "acme",
      user: "ada",
      store: store.open,
      sync: { url: "ws://in-process", connect: () => Promise.reject(new Error("away")) },
      gate: createGate(),
      clock: systemClock,
      random: randomBytes,
    });
    const writer = createWriterId();
    const greeted = async (): Promise<RawPeer> => {
      const peer = new RawPeer(await device.connect("", new AbortController().signal));
      peer.greet(writer);
      await peer.next("welcome");
      return peer;
    };
    const before = await greeted();
    const { epoch } = await before.open("notes/a");
    before.submit(1, typed(9, "waits"));
    await before.next("ack");
    store.delete();
    await expect.poll(() => device.problem?.code, { timeout: 3_000 }).toBeUndefined();

    const after = await greeted();
    const opened = await after.open("notes/a", { epoch, seq: 1, tag: createTag() });
    expect(opened).toMatchObject({ answer: "superseded", last: { n: 1 } });
    expect(await after.next("refused")).toMatchObject({ n: 1, code: "replaced" });
    expect(await after.next("ack")).toMatchObject({ n: 1 });
    after.submit(2, typed(10, "goes on"), opened.epoch);
    expect(await after.next("ack")).toMatchObject({ n: 2 });
    await device.dispose();
  });

  it("gives back what waited when a person says so", async () => {
    const workspace = await open();
    const page = workspace.open("notes/a");
    await type(page, "at the server");
    await page.saved("server");
    workspace.sync.pause();
    await type(page, " one", " two");
    store.delete();
    await expect.poll(() => workspace.problem?.code, { timeout: 3_000 }).toBeUndefined();
    workspace.sync.resume();
    await expect.poll(() => text(page)).toBe("at the server");
    const [kept] = await workspace.quarantine.list();
    if (!kept) throw new Error("nothing was kept");
    await workspace.quarantine.retry(kept.id);
    await expect.poll(() => text(page)).toBe("at the server one two");
    await page.saved("server");
  });

  it("tells nothing as lost that is in the quarantine, whatever the canary says", async () => {
    const workspace = await open();
    workspace.sync.pause();
    await type(workspace.open("notes/a"), "one");
    await expect.poll(() => store.canary.text, { timeout: 3_000 }).toContain("notes/a");
    const before = store.canary.text;
    store.delete();
    await expect.poll(() => workspace.quarantine.list(), { timeout: 3_000 }).toHaveLength(1);
    await workspace.dispose();
    // A crash before the canary was written.
    store.canary.text = before;
    expect((await open()).losses).toEqual([]);
  });

  it("takes the quarantine with it, which is told, as when it was closed", async () => {
    const workspace = await open();
    workspace.sync.pause();
    await type(workspace.open("notes/a"), "one", "two");
    store.delete();
    await expect.poll(() => workspace.quarantine.list(), { timeout: 3_000 }).toHaveLength(1);
    store.delete();
    await expect
      .poll(() => workspace.losses, { timeout: 3_000 })
      .toEqual([{ path: "notes/a", changes: 2 }]);
    workspace.dismissLosses();
    await type(workspace.open("notes/b"), "three");
    store.delete();
    await expect.poll(() => workspace.quarantine.list(), { timeout: 3_000 }).toHaveLength(1);
    await workspace.dispose();
    store.delete();
    const again = await open();
    expect(again.losses).toEqual([{ path: "notes/b", changes: 1 }]);
    await again.dispose();
  });

  it("keeps what was not even saved, too", async () => {
    const workspace = await open();
    const page = workspace.open("notes/a");
    await type(page, "at the server");
    await page.saved("server");
    store.delete();
    page.doc.getText("body").insert(0, "typed meanwhile, ");
    await expect.poll(() => workspace.quarantine.list(), { timeout: 3_000 }).toHaveLength(1);
    await expect.poll(() => text(page)).toBe("at the server");
    await type(page, ".");
    await page.saved("server");
    expect(workspace.losses).toEqual([]);
  });

  it("is told as lost when the program ends before there is a new one", async () => {
    const workspace = await open();
    workspace.sync.pause();
    await type(workspace.open("notes/a"), "one", "two");
    store.refuse = new CroftError("store/failed", "Not now.");
    store.delete();
    await workspace.dispose();
    store.refuse = undefined;
    expect((await open()).losses).toEqual([{ path: "notes/a", changes: 2 }]);
  });

  it("has no other copy without a server, and says so", async () => {
    const workspace = await open({ sync: undefined });
    await type(workspace.open("notes/a"), "only here");
    store.delete();
    await expect.poll(() => workspace.problem?.code, { timeout: 3_000 }).toBe("store/lost");
    await type(workspace.open("notes/b"), "in the new one");
    expect(text(workspace.open("notes/a"))).toBe("only here");
    expect(await workspace.list("")).toMatchObject([{ path: "notes/b" }]);
    workspace.dismissLosses();
    expect(workspace.problem).toBeUndefined();
  });
});

describe("tabs that share a device", () => {
  it("go on together, and hear together what was lost", async () => {
    store = createLosableStore("lost-store");
    const [leader, follower] = [await open(), await open()];
    const page = follower.open("notes/a");
    await type(page, "before");
    store.close();
    await expect.poll(() => follower.problem?.code).toBe("store/closed");
    await type(page, " and after");
    await page.saved("server");
    await expect.poll(() => follower.problem).toBeUndefined();
    follower.sync.pause();
    await expect.poll(() => leader.sync.state.name).toBe("paused");
    await type(page, " waits");
    await follower.dispose();
    await leader.dispose();
    store.delete();

    const [next, other] = [await open(), await open()];
    await expect.poll(() => other.losses).toEqual([{ path: "notes/a", changes: 1 }]);
    expect(other.problem?.code).toBe("store/lost");
    other.dismissLosses();
    await expect.poll(() => other.losses).toEqual([]);
    expect([next.losses, next.problem]).toEqual([[], undefined]);
    await expect.poll(() => other.problem).toBeUndefined();
  });
});
