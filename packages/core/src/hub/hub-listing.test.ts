/** Listings seen by a peer that sends raw messages. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate, type Gate, type GrantGate } from "../access/gate.ts";
import { createMemoryChannelPair, createMemoryWire } from "../channel/memory-channel.ts";
import { createWriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import type { ListingMark } from "../protocol/listing-messages.ts";
import type { DownMessage, UpMessage } from "../protocol/message.ts";
import { createMemoryDisk, createMemoryStore, type MemoryDisk } from "../store/memory-store.ts";
import { RawPeer, typed } from "../testing/raw-peer.ts";
import { createGateway } from "../testing/gateway.ts";
import { copyDisk, createFaultyStore, grants } from "../testing/rig.ts";
import { createHub, type Hub } from "./hub.ts";
import { servePeer } from "./hub-session.ts";

type Told = Extract<DownMessage, { type: "listing" }>;

let gate: GrantGate;
let disk: MemoryDisk;
let hub: Hub;
beforeEach(async () => {
  gate = createGate();
  disk = createMemoryDisk();
  hub = await start(disk);
});
afterEach(() => hub.dispose());

function start(from: MemoryDisk, by: Gate = gate): Promise<Hub> {
  return createHub({ store: createMemoryStore(from), gate: by });
}

async function restart(from: MemoryDisk = disk, by: Gate = gate): Promise<void> {
  await hub.dispose();
  hub = await start(from, by);
}

async function greeted(user: string): Promise<RawPeer> {
  const [near, far] = createMemoryChannelPair();
  servePeer(far, async () => ({ hub, principal: { user, grants: grants("**:write") } }));
  const peer = new RawPeer(near);
  peer.greet(createWriterId());
  await peer.next("welcome");
  return peer;
}

let clients = 100;
/** Somebody writes into documents. */
async function write(...paths: readonly string[]): Promise<void> {
  const peer = await greeted("writer");
  for (const [index, path] of paths.entries()) {
    const doc = index + 1;
    peer.send({ type: "open", doc, path, cursor: undefined });
    const { epoch, last } = await peer.next("opened");
    const updates = [{ tag: "0123456789abcdef" as typeof last.tag, update: typed(++clients, "a") }];
    peer.send({ type: "submit", doc, basis: epoch, plugin: "", first: 1, updates });
    await peer.next("ack");
  }
  peer.channel.close(CloseCode.normal, "");
}

/** Asks for a listing, and returns all that is told until it is complete. */
async function list(
  peer: RawPeer,
  { id = 1, prefix = "", after }: { id?: number; prefix?: string; after?: ListingMark } = {},
): Promise<Told> {
  peer.send({ type: "list", id, prefix, after });
  return told(peer);
}

async function told(peer: RawPeer): Promise<Told> {
  const parts: Told[] = [];
  for (;;) {
    const part = await peer.next("listing");
    parts.push(part);
    if (!part.complete) continue;
    const documents = parts.flatMap((each) => each.documents);
    const gone = parts.flatMap((each) => each.gone);
    return { ...part, fresh: parts.some(({ fresh }) => fresh), documents, gone };
  }
}

const paths = ({ documents }: Told): readonly string[] =>
  documents.map(({ path }) => path).toSorted();

function markOf({ mark }: Told): ListingMark {
  if (!mark) throw new Error("no mark was told");
  return mark;
}

describe("a listing", () => {
  it("tells all documents under a prefix that may be read, with size and time", async () => {
    const before = Date.now();
    await write("notes/a", "notes/b", "secret/c", "todo/d");
    gate.limitUser("ada", grants("**:write", "secret/**:none"));
    const peer = await greeted("ada");
    const all = await list(peer);
    expect(all).toMatchObject({ id: 1, fresh: true, gone: [], complete: true });
    expect(paths(all)).toEqual(["notes/a", "notes/b", "todo/d"]);
    const [row] = await hub.list("notes/a");
    const first = all.documents.find(({ path }) => path === "notes/a");
    expect(first).toMatchObject({ epoch: row?.epoch, head: 1, tag: row?.headTag, stored: true });
    expect(first?.bytes).toBe(row?.logBytes);
    expect(first?.bytes).toBeGreaterThan(10);
    expect(first?.changedAt).toBeGreaterThanOrEqual(before);
    expect(paths(await list(peer, { id: 2, prefix: "notes/" }))).toEqual(["notes/a", "notes/b"]);
    expect(paths(await list(peer, { id: 3, prefix: "none/" }))).toEqual([]);
  });

  it("goes on with what changes, what comes and what goes, until it is ended", async () => {
    await write("notes/a");
    const peer = await greeted("ada");
    await list(peer, { prefix: "notes/" });
    await write("todo/x", "notes/b");
    const change = await told(peer);
    expect(change).toMatchObject({ fresh: false, gone: [] });
    expect(paths(change)).toEqual(["notes/b"]);
    await hub.deleteDocument("notes/a");
    expect(await told(peer)).toMatchObject({ documents: [], gone: ["notes/a"] });
    peer.send({ type: "unlist", id: 1 });
    await list(peer, { id: 2 });
    await write("notes/c");
    expect((await told(peer)).id).toBe(2);
    expect(peer.received.filter(({ type }) => type === "listing")).toEqual([]);
  });

  it("[INV-4] tells nothing of what may not be read, from the moment that it may not", async () => {
    await write("notes/a", "notes/b");
    gate.limitUser("ada", grants("**:write", "notes/b:none"));
    const peer = await greeted("ada");
    const first = await list(peer);
    await write("notes/b", "secret/c");
    await hub.deleteDocument("notes/b");
    gate.limitUser("ada", grants("**:none"));
    const none = await told(peer);
    expect(none).toMatchObject({ fresh: true, documents: [], gone: [] });
    await write("notes/a", "notes/b");
    gate.limitUser("ada", undefined);
    expect(paths(await told(peer))).toEqual(["notes/a", "notes/b", "secret/c"]);
    const spoken = peer.all.slice(
      0,
      peer.all.findLastIndex((message) => message === none),
    );
    expect(JSON.stringify(spoken)).not.toMatch(/notes\/b|secret/);
    expect(first.complete).toBe(true);
  });

  it("[INV-4] says as much, and as often, whatever there is that may not be read", async () => {
    const eve = async (prefix: string): Promise<RawPeer> => {
      gate.limitUser("eve", grants("notes/**:read"));
      const peer = await greeted("eve");
      await list(peer, { prefix });
      return peer;
    };
    const messages = ({ all }: RawPeer): unknown[] => all.filter(({ type }) => type === "listing");
    await write("notes/a", ...Array.from({ length: 600 }, (_, i) => `secret/${i}`));
    const [all, notes] = [await eve(""), await eve("notes/")];
    const peers = [all, notes, await eve("secret/"), await eve("nothing/")];
    expect(peers.map((peer) => messages(peer).length)).toEqual([1, 1, 1, 1]);
    // Nor when something that it may not read comes, changes or goes.
    await write("secret/merger", "secret/1");
    await hub.deleteDocument("secret/2");
    await write("notes/b");
    for (const peer of [all, notes]) expect(paths(await told(peer))).toEqual(["notes/b"]);
    expect(peers.map((peer) => messages(peer).length)).toEqual([2, 2, 1, 1]);
    const mark = { run: hub.core.timeline.run, at: 0, seen: 0 };
    const back = await eve("");
    const [first] = back.all.filter(({ type }) => type === "listing") as Told[];
    if (!first?.mark) throw new Error("a mark is told");
    back.send({ type: "list", id: 7, prefix: "", after: { ...first.mark, ...mark } });
    await told(back);
    expect(messages(back)).toHaveLength(2);
  });

  it("comes in parts to a peer that does not read, and keeps paths only", async () => {
    await write(...Array.from({ length: 600 }, (_, i) => `notes/${i}`));
    const wire = createMemoryWire();
    const [near, far] = wire.ends;
    servePeer(far, async () => ({ hub, principal: { user: "ada", grants: grants("**:write") } }));
    const peer = new RawPeer(near);
    peer.greet(createWriterId());
    await peer.next("welcome");
    const all = await list(peer);
    expect(all.documents).toHaveLength(600);
    expect(peer.all.filter(({ type }) => type === "listing").length).toBeGreaterThan(1);
  });

  const ask = (id: number): UpMessage => ({ type: "list", id, prefix: "", after: undefined });

  it.each([
    ["number 0", [ask(0)]],
    ["a number twice", [ask(1), ask(1)]],
    ["very many of them", Array.from({ length: 65 }, (_, i) => ask(i + 1))],
  ])("is refused with %s", async (_what, messages) => {
    const peer = await greeted("ada");
    for (const message of messages) peer.send(message);
    await expect.poll(() => peer.close?.code).toBe(CloseCode.violation);
  });
});

describe("a peer that comes back", () => {
  it("is told what changed since, with one question, also by a hub that was started anew", async () => {
    await write("notes/a", "notes/b", "notes/c");
    const mark = markOf(await list(await greeted("ada")));
    await write("notes/d");
    await hub.deleteDocument("notes/b");
    const same = await list(await greeted("ada"), { after: mark });
    expect(same).toMatchObject({ fresh: false, gone: ["notes/b"] });
    expect(paths(same)).toEqual(["notes/d"]);
    await restart();
    await write("notes/e");
    const again = await list(await greeted("ada"), { after: mark });
    expect(again).toMatchObject({ fresh: false, gone: ["notes/b"] });
    expect(paths(again)).toEqual(["notes/d", "notes/e"]);
    expect(await list(await greeted("ada"), { after: markOf(again) })).toMatchObject({
      fresh: false,
      documents: [],
      gone: [],
    });
  });

  it("is told everything by a hub that was restored and may have lost what it told", async () => {
    await write("notes/a");
    const early = markOf(await list(await greeted("ada")));
    const backup = copyDisk(disk);
    await write("notes/b");
    const late = markOf(await list(await greeted("ada")));
    await restart(backup);
    await write("notes/c");
    const lost = await list(await greeted("ada"), { after: late });
    expect(lost.fresh).toBe(true);
    expect(paths(lost)).toEqual(["notes/a", "notes/c"]);
    const kept = await list(await greeted("ada"), { after: early });
    expect(kept.fresh).toBe(false);
    expect(paths(kept)).toEqual(["notes/c"]);
  });

  it("is told everything under other rights, and where the gate knows of none", async () => {
    await write("notes/a", "notes/b");
    gate.limitUser("ada", grants("notes/a:read"));
    const first = await list(await greeted("ada"));
    expect(paths(first)).toEqual(["notes/a"]);
    gate.limitUser("ada", undefined);
    const more = await list(await greeted("ada"), { after: markOf(first) });
    expect(more.fresh).toBe(true);
    expect(paths(more)).toEqual(["notes/a", "notes/b"]);
    const plain: Gate = {
      check: (principal, path) => gate.check(principal, path),
      onChange: (listener) => gate.onChange(listener),
    };
    await restart(disk, plain);
    const unmarked = await list(await greeted("ada"), { after: markOf(more) });
    expect(unmarked).toMatchObject({ fresh: true, mark: undefined });
  });

  it("has a mark that is behind every change that was not told", async () => {
    await hub.dispose();
    const store = createFaultyStore(disk);
    hub = await createHub({ store, gate });
    await write("notes/a", "notes/b", "notes/c");
    const peer = await greeted("ada");
    await list(peer);
    const slow = createGateway();
    const reads: string[] = [];
    store.afterRead = (method) => {
      if (method !== "listDocuments") return undefined;
      reads.push(method);
      return reads.length === 1 ? slow.passed : undefined;
    };
    // Both are told together, a moment later; between the two something happens.
    await write("notes/c", "notes/a");
    await expect.poll(() => reads.length).toBe(1);
    await write("notes/b");
    await write("notes/a");
    slow.open();
    const change = await told(peer);
    expect(paths(change)).toEqual(["notes/a", "notes/c"]);
    expect(change.documents.find(({ path }) => path === "notes/a")?.head).toBe(3);
    peer.channel.close(CloseCode.normal, "");
    const again = await list(await greeted("ada"), { after: markOf(change) });
    expect(again.fresh).toBe(false);
    expect(paths(again)).toContain("notes/b");
  });

  it("[INV-4] has a mark that does not move with what it may not read", async () => {
    await write("notes/a");
    gate.limitUser("ada", grants("**:write", "secret/**:none"));
    const mark = markOf(await list(await greeted("ada")));
    await write("secret/a", "secret/b");
    expect(markOf(await list(await greeted("ada"), { after: mark }))).toEqual(mark);
    expect(markOf(await list(await greeted("ada")))).toEqual(mark);
    const peer = await greeted("ada");
    await list(peer, { after: mark });
    await write("secret/a", "notes/a");
    const next = markOf(await told(peer));
    const [row] = await hub.list("notes/a");
    expect(next.at).toBe(row?.position);
  });
});
