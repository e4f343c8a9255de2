/** What the hub above should not say, or says in an awkward moment: it is played by the test. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parsePattern } from "../doc-path.ts";
import { GroupCommit } from "../hub/group-commit.ts";
import { createEpoch, randomBytes } from "../ids.ts";
import { playedEntry, PlayedHub } from "../testing/played-hub.ts";
import { typed } from "../testing/raw-peer.ts";
import { createFaultyStore, type FaultyStore } from "../testing/rig.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import type { DocumentHandle } from "../replica/document-handle.ts";

const EPOCH = createEpoch(randomBytes);
const BAD = playedEntry(new Uint8Array([9, 9, 9]));
const [FIRST, SECOND] = [playedEntry(typed(3, "first ")), playedEntry(typed(4, "second"))];

let hub: PlayedHub;
let store: FaultyStore;
let workspace: Workspace;
let page: DocumentHandle;

beforeEach(async () => {
  hub = new PlayedHub();
  store = createFaultyStore();
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => store,
    lostRead: "erase",
    sync: { url: "ws://in-process", backOff: { first: 1, max: 1 }, connect: hub.connect },
  });
  page = workspace.open("notes/page");
  await hub.greet("ada");
});
afterEach(() => workspace.dispose());

const cursorSeq = async (): Promise<number | undefined> =>
  (await store.loadDocument(page.path))?.record.upstream?.cursor?.seq;
const body = (): string => page.doc.getText("body").toString();
const violated = (): Promise<void> =>
  expect.poll(() => page.state.error?.code).toBe("protocol/violation");

describe("an entry that cannot be taken", () => {
  it("stops its document, and is tried again in the next session, in which nothing else is lost", async () => {
    const opened = await hub.hears("open");
    hub.opens(opened.doc, { epoch: EPOCH, entries: [BAD] });
    await violated();
    const other = workspace.open("notes/other");
    expect((await hub.hears("open")).path).toBe(other.path);
    other.doc.getText("body").insert(0, "precious");
    await other.saved("device");
    const writer = await store.readMeta("writer");
    hub.cut();
    await hub.greet("ada");
    for (const path of [page.path, other.path]) {
      const { doc, ...asked } = await hub.hears("open");
      expect(asked.path).toBe(path);
      if (path === page.path) hub.opens(doc, { epoch: EPOCH, entries: [FIRST] });
    }
    await expect.poll(body).toBe("first ");
    expect(page.state.error).toBeUndefined();
    expect(await store.readMeta("writer")).toEqual(writer);
    expect(await workspace.quarantine.list()).toEqual([]);
  });

  it("does not let the cursor go over it, whatever comes after it", async () => {
    const { doc } = await hub.hears("open");
    hub.opens(doc, { epoch: EPOCH, entries: [], head: 3 });
    hub.say({ type: "entries", doc, first: 1, entries: [FIRST] });
    hub.say({ type: "entries", doc, first: 2, entries: [BAD] });
    hub.say({ type: "entries", doc, first: 3, entries: [SECOND] });
    await violated();
    expect(await cursorSeq()).toBe(1);
    hub.cut();
    await hub.greet("ada");
    expect((await hub.hears("open")).cursor?.seq).toBe(1);
  });

  it("is waited for by nobody", async () => {
    const { doc } = await hub.hears("open");
    hub.opens(doc, { epoch: EPOCH, entries: [BAD] });
    await violated();
    const deleted = workspace.delete(page.path);
    const { id } = await hub.hears("delete");
    hub.say({ type: "done", id, count: 1 });
    await deleted;
  });

  it("does not keep the device busy when access is lost at the same time", async () => {
    const { doc } = await hub.hears("open");
    hub.opens(doc, { epoch: EPOCH, entries: [FIRST] });
    await page.caughtUp();
    const before = works;
    hub.say({ type: "entries", doc, first: 2, entries: [BAD] });
    hub.say({ type: "access", doc, access: "none" });
    await violated();
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect(works - before).toBeLessThan(10);
  });
});

it("an opening that nobody asked for is not the answer to the one that was asked", async () => {
  const { doc } = await hub.hears("open");
  hub.opens(doc, { epoch: EPOCH, entries: [FIRST] });
  await page.caughtUp();
  hub.say({ type: "access", doc, access: "none" });
  // All is erased here, and asked for from the start. Access came back before the hub heard of that.
  expect((await hub.hears("open")).cursor).toBeUndefined();
  hub.opens(doc, { epoch: EPOCH, entries: [SECOND], head: 2, asked: false });
  hub.opens(doc, { epoch: EPOCH, entries: [FIRST, SECOND] });
  await expect.poll(body).toHaveLength("first second".length);
  expect(await cursorSeq()).toBe(2);
});

describe("while a document is opened again", () => {
  const gone = new Uint8Array();

  it("who left above is gone here", async () => {
    const { doc } = await hub.hears("open");
    hub.opens(doc, { epoch: EPOCH, entries: [] });
    const state = new TextEncoder().encode(JSON.stringify({ name: "Ben" }));
    hub.say({ type: "presence", doc, id: 77, clock: 1, author: "ben", state });
    const others = (): unknown[] =>
      [...page.awareness.getStates()].filter(([id]) => id !== page.awareness.clientID);
    await expect.poll(others).toHaveLength(1);
    hub.say({ type: "restart", doc });
    await hub.hears("open");
    hub.say({ type: "presence", doc, id: 77, clock: 2, author: "ben", state: gone });
    hub.opens(doc, { epoch: EPOCH, entries: [] });
    await expect.poll(others).toEqual([]);
  });

  it("who left here is gone above", async () => {
    const { doc } = await hub.hears("open");
    hub.opens(doc, { epoch: EPOCH, entries: [] });
    await page.caughtUp();
    page.awareness.setLocalState({ name: "Ada" });
    const { id, clock } = await hub.hears("presence");
    workspace.gate.setPluginGrants("watch", [{ pattern: parsePattern("**"), access: "read" }]);
    const watched = workspace.createPluginReplica("watch").open(page.path);
    const isSeen = (): boolean => watched.awareness.getStates().has(id);
    await expect.poll(isSeen).toBe(true);
    hub.say({ type: "restart", doc });
    await hub.hears("open");
    page.awareness.setLocalState(null);
    await expect.poll(isSeen).toBe(false);
    hub.opens(doc, { epoch: EPOCH, entries: [] });
    let last = await hub.hears("presence");
    while (last.state.length > 0) last = await hub.hears("presence");
    expect(last.id).toBe(id);
    expect(last.clock).toBeGreaterThan(clock);
  });
});

let works = 0;
beforeEach(() => {
  works = 0;
  const enqueue: unknown = Reflect.get(GroupCommit.prototype, "enqueue");
  vi.spyOn(GroupCommit.prototype, "enqueue").mockImplementation(function count(
    this: GroupCommit,
    ...work
  ) {
    // A device that does not come to rest leaves no time for a test to end.
    if (++works > 10_000) throw new Error("the device does not come to rest");
    if (typeof enqueue === "function") Reflect.apply(enqueue, this, work);
  });
});
afterEach(() => vi.restoreAllMocks());
