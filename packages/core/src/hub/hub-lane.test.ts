/** What a hub's lane tells when reads, commits, openings and rights cross each other. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate, type GrantGate } from "../access/gate.ts";
import type { Channel } from "../channel/channel.ts";
import { createMemoryChannelPair, createMemoryWire } from "../channel/memory-channel.ts";
import { parseDocPath } from "../doc-path.ts";
import { createEpoch, createTag, createWriterId, type WriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { createGateway } from "../testing/gateway.ts";
import { chapters, RawPeer, shownBy, typed } from "../testing/raw-peer.ts";
import { createFaultyStore, type FaultyStore, grants } from "../testing/rig.ts";
import { compactHere, type Compactor } from "./compaction.ts";
import { createHub, type Hub } from "./hub.ts";
import { servePeer } from "./hub-session.ts";

const PAGE = parseDocPath("notes/a");
/** One chapter is more than is read ahead at once; 30 are more than a log may have. */
const LENGTH = 40_000;

let store: FaultyStore;
let gate: GrantGate;
let hub: Hub;
let compactor: Compactor;

beforeEach(async () => {
  store = createFaultyStore();
  gate = createGate();
  compactor = compactHere;
  hub = await createHub({
    store,
    gate,
    recovering: true,
    compactor: (input) => compactor(input),
  });
});
afterEach(async () => {
  await hub.dispose();
});

interface PeerOptions {
  readonly writer?: WriterId;
  readonly may?: string;
  readonly admitted?: Promise<void>;
  readonly channel?: readonly [Channel, Channel];
}

async function greeted(user: string, options: PeerOptions = {}): Promise<RawPeer> {
  const peer = connected(user, options);
  await peer.next("welcome");
  return peer;
}

function connected(
  user: string,
  { writer = createWriterId(), may = "**:write", admitted, channel }: PeerOptions = {},
): RawPeer {
  const [near, far] = channel ?? createMemoryChannelPair();
  servePeer(far, async () => {
    await admitted;
    return { hub, principal: { user, grants: grants(may) } };
  });
  const peer = new RawPeer(near);
  peer.greet(writer);
  return peer;
}

async function write(peer: RawPeer, updates: readonly Uint8Array[]): Promise<void> {
  for (const [index, update] of updates.entries()) {
    peer.submit(index + 1, update);
    await peer.next("ack");
  }
}

async function cursorAt(seq: number): Promise<{
  epoch: ReturnType<typeof createEpoch>;
  seq: number;
  tag: ReturnType<typeof createTag>;
}> {
  const loaded = await store.loadDocument(PAGE);
  const tag = await store.readTag(PAGE, seq);
  if (!loaded || tag === undefined) throw new Error("there is no such entry");
  return { epoch: loaded.record.epoch, seq, tag };
}

/** Commits wait until `held` is opened; `atCommit` tells that one does. */
function holdCommits(): Record<"held" | "atCommit", ReturnType<typeof createGateway>> {
  const [held, atCommit] = [createGateway(), createGateway()];
  store.beforeCommit = () => {
    atCommit.open();
    return held.passed;
  };
  return { held, atCommit };
}

function length(peer: RawPeer): number {
  return shownBy(peer).getText("body").length;
}

it("[INV-5] a document that stays open does not remember every writer that ever came by", async () => {
  const writer = createWriterId();
  const staying = await greeted("ada", { writer });
  await staying.open(PAGE);
  const [first, second] = chapters(1, 2, 1);
  if (!first || !second) throw new Error("two were written");
  staying.submit(1, first);
  await staying.next("ack");
  const document = hub.core.documents.find(({ path }) => path === PAGE);
  for (let time = 0; time < 20; time++) {
    const passing = await greeted("ben");
    await passing.open(PAGE);
    passing.channel.close(CloseCode.normal, "");
  }
  await expect.poll(() => document?.lanes.size).toBe(1);
  expect([...(document?.writers.keys() ?? [])]).toEqual([writer]);
  // It goes on from its number, here and in another session.
  staying.submit(2, second);
  expect(await staying.next("ack")).toMatchObject({ n: 2 });
  staying.channel.close(CloseCode.normal, "");
  const again = await greeted("ada", { writer });
  expect(await again.open(PAGE)).toMatchObject({ last: { n: 2 } });
});

describe("[SYNC-10] what is read from the store", () => {
  it("is acknowledged to whoever submitted it, when it is too much to stay in memory", async () => {
    const ada = await greeted("ada");
    await ada.open(PAGE);
    for (const [index, update] of chapters(9, 12, 60_000).entries()) ada.submit(index + 1, update);
    await expect
      .poll(() => ada.all.findLast(({ type }) => type === "ack"))
      .toMatchObject({ n: 12 });
    expect(ada.all.some(({ type }) => type === "entries")).toBe(false);
  });

  it("counts for nothing when the peer opened again meanwhile", async () => {
    const ada = await greeted("ada");
    await ada.open(PAGE);
    await write(ada, chapters(9, 20, LENGTH));
    const cursor = await cursorAt(5);
    const ben = await greeted("ben");
    const held = createGateway();
    let reads = 0;
    store.afterRead = (method) => (method === "readLog" && ++reads === 1 ? held.passed : undefined);
    await ben.open(PAGE, cursor);
    await expect.poll(() => reads).toBe(1);
    // It threw its document away.
    await ben.open(PAGE);
    held.open();
    await ben.next("upstream");
    expect(length(ben)).toBe(20 * LENGTH);
  });

  it("does not skip the snapshot that a compaction stored meanwhile", async () => {
    const compacting = createGateway();
    compactor = async (input) => {
      await compacting.passed;
      return compactHere(input);
    };
    const ada = await greeted("ada");
    await ada.open(PAGE);
    await write(ada, chapters(9, 30, LENGTH));
    const wire = createMemoryWire();
    const ben = await greeted("ben", { channel: wire.ends });
    // He reads nothing: the lane stops where the channel is full.
    wire.hold(1);
    ben.send({ type: "open", doc: 1, path: PAGE, cursor: undefined });
    await ada.heard();
    const answered = createGateway();
    let stored = false;
    store.afterCommit = ({ documents = [] }) => {
      if (!documents.some(({ snapshot }) => snapshot)) return undefined;
      stored = true;
      return answered.passed;
    };
    compacting.open();
    await expect.poll(() => stored).toBe(true);
    wire.release(1);
    await ben.heard();
    answered.open();
    await ben.next("upstream");
    expect(length(ben)).toBe(30 * LENGTH);
  });

  it("of a document that everybody left while it was compacted is whole", async () => {
    const compacting = createGateway();
    let compactions = 0;
    compactor = async (input) => {
      compactions++;
      await compacting.passed;
      return compactHere(input);
    };
    const ada = await greeted("ada");
    await ada.open(PAGE);
    await write(ada, chapters(9, 30, LENGTH));
    await expect.poll(() => compactions).toBe(1);
    ada.send({ type: "close", doc: 1 });
    await ada.heard();
    const loaded = createGateway();
    store.afterRead = (method) => (method === "loadDocument" ? loaded.passed : undefined);
    const ben = await greeted("ben");
    ben.send({ type: "open", doc: 1, path: PAGE, cursor: undefined });
    await ben.heard();
    compacting.open();
    await expect.poll(async () => (await store.readSnapshot(PAGE))?.seq).toBeGreaterThan(0);
    loaded.open();
    await ben.next("upstream");
    expect(length(ben)).toBe(30 * LENGTH);
    const base = (await store.readSnapshot(PAGE))?.seq;
    expect((await store.loadDocument(PAGE))?.record.base).toBe(base);
  });
});

describe("openings", () => {
  it("[SYNC-17] a deletion during an opening is told", async () => {
    const ada = await greeted("ada");
    await ada.open(PAGE);
    await write(ada, [typed(1, "A"), typed(2, "B"), typed(3, "C")]);
    const cursor = await cursorAt(2);
    const held = createGateway();
    let reads = 0;
    store.afterRead = (method) => (method === "readTag" && ++reads === 1 ? held.passed : undefined);
    const ben = await greeted("ben");
    ben.send({ type: "open", doc: 1, path: PAGE, cursor });
    await expect.poll(() => reads).toBe(1);
    await hub.deleteDocument(PAGE);
    held.open();
    expect((await ben.next("opened")).answer).toBe("deleted");
  });

  it("are answered in their order, also when the first takes longer", async () => {
    const ada = await greeted("ada");
    await ada.open(PAGE);
    await write(ada, [typed(1, "AA"), typed(2, "AA"), typed(3, "AA")]);
    const cursor = await cursorAt(2);
    const held = createGateway();
    store.afterRead = (method) => (method === "readTag" ? held.passed : undefined);
    const ben = await greeted("ben");
    ben.send({ type: "open", doc: 1, path: PAGE, cursor });
    await ben.heard();
    ben.send({ type: "open", doc: 1, path: PAGE, cursor: undefined });
    await ben.heard();
    held.open();
    await ben.next("opened");
    await ben.next("opened");
    await ben.next("upstream");
    expect(length(ben)).toBe(6);
  });
});

describe("[SYNC-7] known structs", () => {
  it("of the same commit are compared too", async () => {
    const ada = await greeted("ada");
    await ada.open(PAGE);
    ada.submit(1, typed(9, "AA"));
    ada.submit(2, typed(9, "AA"));
    while ((await ada.next("ack")).n < 2);
    expect(ada.all.filter(({ type }) => type === "denied")).toEqual([]);
  });

  it("that a recovery brings in the same commit are no fork", async () => {
    const [ada, ben] = [await greeted("ada"), await greeted("ben")];
    const cursor = { epoch: createEpoch(), seq: 7, tag: createTag() };
    expect((await ada.open(PAGE, cursor)).answer).toBe("behind");
    await ben.open(PAGE);
    const update = typed(9, "ben's words");
    const none = { n: 0, tag: "0000000000000000" as ReturnType<typeof createTag> };
    ada.send({ type: "recover", doc: 1, epoch: createEpoch(), last: none, update });
    ben.submit(1, update);
    expect(await ben.next("ack")).toMatchObject({ n: 1 });
  });
});

describe("[SYNC-14] who may not read", () => {
  it("is relayed nothing from a commit that was under way when the right was lost", async () => {
    const [ada, ben] = [await greeted("ada"), await greeted("ben")];
    await ada.open(PAGE);
    await ben.open(PAGE);
    await ben.next("upstream");
    const { held, atCommit } = holdCommits();
    ada.submit(1, typed(9, "secret"));
    await atCommit.passed;
    gate.limitUser("ben", []);
    held.open();
    await ada.next("ack");
    await ben.heard();
    expect(ben.all.map(({ type }) => type)).not.toContain("entries");
  });

  it("[SYNC-22] is told what became of what it submitted before", async () => {
    const ada = await greeted("ada");
    await ada.open(PAGE);
    const { held, atCommit } = holdCommits();
    ada.submit(1, typed(9, "AA"));
    await atCommit.passed;
    gate.limitUser("ada", []);
    expect(await ada.next("access")).toMatchObject({ access: "none" });
    held.open();
    expect(await ada.next("ack")).toMatchObject({ n: 1, at: undefined });
  });

  it("[SYNC-20] is not heard after a refusal until it opens again, though access came back", async () => {
    const [ada, ben] = [await greeted("ada"), await greeted("ben")];
    await ada.open(PAGE);
    await ben.open(PAGE);
    gate.limitUser("ada", []);
    ada.submit(1, typed(9, "refused"));
    expect(await ada.next("denied")).toMatchObject({ n: 1 });
    gate.limitUser("ada", undefined);
    // Told unasked: the peer has not heard of the refusal, maybe, and sends what it sent before.
    expect(await ada.next("opened")).toMatchObject({ access: "write", last: { n: 0 } });
    ada.submit(1, typed(9, "refused"));
    // Judged in the same turn, or after it.
    await write(ben, [typed(7, "of ben")]);
    expect(await ada.open(PAGE)).toMatchObject({ last: { n: 0 } });
    ada.submit(1, typed(9, "accepted"));
    expect(await ada.next("ack")).toMatchObject({ n: 1 });
  });

  it("[SYNC-20] hears of a refusal also when access came back while the rest was stored", async () => {
    const [ada, ben] = [await greeted("ada"), await greeted("ben")];
    await ada.open(PAGE);
    await ben.open(PAGE);
    gate.limitUser("ada", []);
    const { held, atCommit } = holdCommits();
    ben.submit(1, typed(7, "of ben"));
    ada.submit(1, typed(9, "refused"));
    await atCommit.passed;
    gate.limitUser("ada", undefined);
    held.open();
    expect(await ada.next("opened")).toMatchObject({ access: "write" });
    expect(await ada.next("denied")).toMatchObject({ n: 1, code: "no-access" });
  });

  it("[SYNC-20] hears of a refusal also when the document was deleted by the time that access came back", async () => {
    const [ada, ben] = [await greeted("ada"), await greeted("ben")];
    await ada.open(PAGE);
    await ben.open(PAGE);
    gate.limitUser("ada", []);
    const { held, atCommit } = holdCommits();
    ben.submit(1, typed(7, "of ben"));
    ada.submit(1, typed(9, "refused"));
    await atCommit.passed;
    const deleted = hub.deleteDocument(PAGE);
    gate.limitUser("ada", undefined);
    held.open();
    expect(await ada.next("opened")).toMatchObject({ answer: "deleted", access: "write" });
    // The log in which it came after ben's entry is gone, and the new one is empty.
    expect(await ada.next("denied")).toMatchObject({ n: 1, code: "no-access" });
    await deleted;
  });

  it("is not told of a deletion", async () => {
    const ada = await greeted("ada");
    await ada.open(PAGE);
    await write(ada, [typed(9, "AA")]);
    const eve = await greeted("eve", { may: "other/**:write" });
    expect((await eve.open(PAGE)).answer).toBe("hidden");
    await hub.deleteDocument(PAGE);
    await eve.heard();
    expect(eve.all.map(({ type }) => type)).toEqual(["welcome", "deleted", "opened", "pong"]);
  });
});

describe("sessions and ends", () => {
  it("more small entries than a message may have are several messages", async () => {
    const ada = await greeted("ada");
    await ada.open(PAGE);
    const count = 5_000;
    const updates = chapters(9, count, 1).map((update) => ({ tag: createTag(), update }));
    for (let first = 0; first < count; first += 1_000) {
      const part = updates.slice(first, first + 1_000);
      ada.send({
        type: "submit",
        doc: 1,
        basis: undefined,
        plugin: "",
        first: first + 1,
        updates: part,
      });
    }
    while ((await ada.next("ack")).n < count);
    const ben = await greeted("ben");
    await ben.open(PAGE);
    await ben.next("upstream");
    expect(length(ben)).toBe(count);
    expect(ben.close).toBeUndefined();
  });

  it("a session that ends while it enters is forgotten", async () => {
    const held = createGateway();
    let entering = false;
    store.afterRead = (method) => {
      if (method !== "readBinding") return undefined;
      entering = true;
      return held.passed;
    };
    const ada = connected("ada");
    await expect.poll(() => entering).toBe(true);
    ada.channel.close(1000, "");
    store.afterRead = undefined;
    held.open();
    await greeted("ben");
    expect(hub.core.sessions.count).toBe(1);
  });

  it("[SYNC-20] an older session whose token took longer does not fence the newer one", async () => {
    const writer = createWriterId();
    const slow = createGateway();
    const older = connected("ada", { writer, admitted: slow.passed });
    const newer = await greeted("ada", { writer });
    slow.open();
    await expect.poll(() => older.close).toBeDefined();
    expect(older.close?.code).not.toBe(CloseCode.replaced);
    await newer.heard();
    expect(newer.close).toBeUndefined();
  });

  it("[SYNC-11] an id that is taken is refused where no neighbour is free", async () => {
    const [ada, ben] = [await greeted("ada"), await greeted("ben")];
    await ada.open(PAGE);
    await write(ada, [typed(999, "A"), typed(1000, "B")]);
    await ben.open(PAGE);
    ben.submit(1, typed(1000, "mine"));
    expect(await ben.next("denied")).toMatchObject({ n: 1, code: "invalid" });
  });

  it("ends also when changes of the background come while it commits", async () => {
    const holds = [createGateway(), createGateway()];
    let compactions = 0;
    compactor = async (input) => {
      await holds[compactions++]?.passed;
      return compactHere(input);
    };
    for (const path of ["notes/a", "notes/b"]) {
      const ada = await greeted("ada");
      await ada.open(path);
      await write(ada, chapters(9, 30, LENGTH));
    }
    await expect.poll(() => compactions).toBe(2);
    const slow = createGateway();
    const atCommit = createGateway();
    store.beforeCommit = () => {
      atCommit.open();
      return slow.passed;
    };
    const disposed = hub.dispose();
    holds[0]?.open();
    await atCommit.passed;
    holds[1]?.open();
    slow.open();
    await disposed;
  });
});
