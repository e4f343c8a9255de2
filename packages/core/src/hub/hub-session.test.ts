/** A hub seen by a peer that sends raw messages: what honest code would never send. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { createMemoryChannelPair, createMemoryWire } from "../channel/memory-channel.ts";
import { createEpoch, createTag, createWriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { encodeUp } from "../protocol/message.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { createGate, type GrantGate } from "../access/gate.ts";
import { chapters, RawPeer, typed } from "../testing/raw-peer.ts";
import { grants } from "../testing/rig.ts";
import { createHub, type Hub } from "./hub.ts";
import { servePeer } from "./hub-session.ts";

let gate: GrantGate;
let hub: Hub;
beforeEach(async () => {
  gate = createGate();
  hub = await createHub({ store: createMemoryStore(), gate });
});
afterEach(async () => {
  await hub.dispose();
});

function connected(user: string): RawPeer {
  const [near, far] = createMemoryChannelPair();
  servePeer(far, async () => ({ hub, principal: { user, grants: grants("**:write") } }));
  return new RawPeer(near);
}

async function greeted(user = "ada", writer = createWriterId()): Promise<RawPeer> {
  const peer = connected(user);
  peer.greet(writer);
  await peer.next("welcome");
  return peer;
}

describe("submissions", () => {
  it("[SYNC-7] the same structs again are acknowledged, others under their ids are a fork", async () => {
    const peer = await greeted();
    await peer.open("notes/a");
    peer.submit(1, typed(9, "AA"));
    await peer.next("ack");
    peer.submit(2, typed(9, "AA"));
    expect(await peer.next("ack")).toMatchObject({ n: 2 });
    peer.submit(3, typed(9, "BB"));
    expect(await peer.next("denied")).toMatchObject({ n: 3, code: "fork" });
  });

  it("[SYNC-1] numbers follow each other, or the peer is asked to open again", async () => {
    const peer = await greeted();
    await peer.open("notes/a");
    peer.submit(2, typed(9, "AA"));
    expect(await peer.next("later")).toMatchObject({ n: 2, code: "gap" });
    peer.submit(1, typed(9, "AA"));
    expect((await peer.open("notes/a")).last.n).toBe(0);
    peer.submit(1, typed(9, "AA"));
    expect(await peer.next("ack")).toMatchObject({ n: 1 });
  });

  it("[SYNC-2] a number with another tag than it had is no duplicate", async () => {
    const peer = await greeted();
    await peer.open("notes/a");
    peer.submit(1, typed(9, "AA"));
    await peer.next("ack");
    peer.submit(1, typed(9, "AA"));
    expect(await peer.next("later")).toMatchObject({ n: 1, code: "gap" });
  });

  it("[SYNC-17] a submission that does not know of the deletion is denied", async () => {
    const peer = await greeted();
    const { epoch } = await peer.open("notes/a");
    peer.submit(1, typed(9, "AA"));
    await peer.next("ack");
    await hub.deleteDocument("notes/a");
    await peer.next("restart");
    const { answer, tombstone } = await peer.open("notes/a");
    expect(answer).toBe("deleted");
    peer.submit(2, typed(10, "old"), epoch);
    expect(await peer.next("denied")).toMatchObject({ n: 2, code: "deleted" });
    await peer.open("notes/a");
    peer.submit(2, typed(10, "none"));
    expect(await peer.next("denied")).toMatchObject({ n: 2, code: "deleted" });
    await peer.open("notes/a");
    peer.submit(2, typed(10, "new"), tombstone);
    const accepted = (): boolean =>
      peer.received.some((message) => message.type === "ack" && message.n === 2);
    await expect.poll(accepted).toBe(true);
  });

  it("[SYNC-20] after a denial the writer is not heard until it opens again", async () => {
    const peer = await greeted();
    await peer.open("notes/a");
    gate.limitUser("ada", grants("**:read"));
    peer.submit(1, typed(9, "AA"));
    await peer.next("denied");
    gate.limitUser("ada", undefined);
    peer.submit(1, typed(10, "BB"));
    // Somebody else's opening is answered after whatever came before it.
    await peer.heard();
    expect((await (await greeted("ben")).open("notes/a")).head).toBe(0);
    expect((await peer.open("notes/a")).head).toBe(0);
    peer.submit(1, typed(10, "BB"));
    await peer.next("ack");
  });

  it("[SYNC-12] denies what is malformed, and nothing of it is stored", async () => {
    const peer = await greeted();
    await peer.open("notes/a");
    peer.submit(1, new Uint8Array([1, 1, 9, 0, 0, 0, 0]));
    expect(await peer.next("denied")).toMatchObject({ code: "invalid" });
    expect(await hub.list("notes/")).toEqual([]);
  });

  it("[SYNC-11] structs under another writer's client id are answered id-taken", async () => {
    const ada = await greeted("ada");
    const eve = await greeted("eve");
    await ada.open("notes/a");
    await eve.open("notes/a");
    ada.submit(1, typed(9, "AA"));
    await ada.next("ack");
    const doc = new Y.Doc();
    Y.applyUpdate(doc, typed(9, "AA"));
    const before = Y.encodeStateVector(doc);
    doc.clientID = 9;
    doc.getText("body").insert(2, "forged");
    eve.submit(1, Y.encodeStateAsUpdate(doc, before));
    expect(await eve.next("id-taken")).toMatchObject({ n: 1, client: 9 });
  });

  it("[SYNC-22] outcomes are told to a writer that may not read any more", async () => {
    const writer = createWriterId();
    const peer = await greeted("ada", writer);
    await peer.open("notes/a");
    peer.submit(1, typed(9, "AA"));
    await peer.next("ack");
    gate.limitUser("ada", []);
    const again = await greeted("ada", writer);
    expect(await again.open("notes/a")).toMatchObject({
      answer: "hidden",
      head: 0,
      last: { n: 1 },
    });
    expect(await again.next("ack")).toMatchObject({ n: 1, at: undefined });
  });
});

describe("sessions", () => {
  it("[SYNC-20] a greeting that was on its way for long fences no later session", async () => {
    const writer = createWriterId();
    const now = connected("ada");
    now.greet(writer, { attempt: 2 });
    await now.next("welcome");
    const late = connected("ada");
    late.greet(writer);
    await expect.poll(() => late.close?.code).toBe(CloseCode.failed);
    await now.open("notes/a");
    expect(now.close).toBeUndefined();
  });

  it("[SYNC-9] a former leader fences no session of its successor", async () => {
    const writer = createWriterId();
    const successor = connected("ada");
    successor.greet(writer, { term: 2 });
    await successor.next("welcome");
    const former = connected("ada");
    former.greet(writer, { term: 1, attempt: 7 });
    await expect.poll(() => former.close?.code).toBe(CloseCode.replaced);
    await successor.open("notes/a");
    expect(successor.close).toBeUndefined();
  });

  it("[SYNC-20] a new session of a writer fences the older one", async () => {
    const writer = createWriterId();
    const older = await greeted("ada", writer);
    await greeted("ada", writer);
    await expect.poll(() => older.close?.code).toBe(CloseCode.replaced);
  });

  it("[SYNC-1] a writer stays with the user who used it first", async () => {
    const writer = createWriterId();
    const ada = await greeted("ada", writer);
    await ada.open("notes/a");
    ada.submit(1, typed(9, "AA"));
    await ada.next("ack");
    const eve = connected("eve");
    eve.greet(writer);
    await expect.poll(() => eve.close?.code).toBe(CloseCode.forbidden);
    expect(ada.close).toBeUndefined();
  });

  it.each<[string, (peer: RawPeer) => void]>([
    ["garbage", (peer) => peer.channel.send(new Uint8Array([250, 1, 2, 3]))],
    ["a second greeting", (peer) => peer.greet(createWriterId())],
    ["a document that is not open", (peer) => peer.submit(1, typed(9, "AA"))],
    [
      "a path that is none",
      (peer) => peer.send({ type: "open", doc: 1, path: "../etc", cursor: undefined }),
    ],
    ["lane 0", (peer) => peer.send({ type: "open", doc: 0, path: "notes/a", cursor: undefined })],
    [
      "fragments of fragments",
      (peer) => {
        const inner = encodeUp({
          type: "fragment",
          lane: 1,
          last: true,
          part: encodeUp({ type: "ping", id: 1 }),
        });
        peer.send({ type: "fragment", lane: 1, last: true, part: inner });
      },
    ],
    [
      "a recovery that nobody asked for",
      (peer) => {
        peer.send({ type: "open", doc: 1, path: "notes/a", cursor: undefined });
        peer.send({ type: "ping", id: 1 });
        void peer.next("opened").then(() =>
          peer.send({
            type: "recover",
            epoch: createEpoch(),
            doc: 1,
            last: { n: 0, tag: createTag() },
            update: typed(9, "AA"),
          }),
        );
      },
    ],
  ])("%s ends that session alone", async (_what, misbehave) => {
    const honest = await greeted("ben");
    await honest.open("notes/a");
    const peer = await greeted("mallory");
    misbehave(peer);
    await expect.poll(() => peer.close?.code).toBe(CloseCode.violation);
    honest.submit(1, typed(9, "AA"));
    expect(await honest.next("ack")).toMatchObject({ n: 1 });
    expect(honest.close).toBeUndefined();
  });

  it("may leave no more unfinished than the largest update has", async () => {
    const peer = await greeted("mallory");
    const part = new Uint8Array(60_000);
    for (let i = 0; i < 300 && !peer.close; i++) {
      peer.send({ type: "fragment", lane: 1 + (i % 50), last: false, part });
      await Promise.resolve();
    }
    await expect.poll(() => peer.close?.code).toBe(CloseCode.violation);
  });

  it("a peer that asks and does not read is owed one answer to its pings", async () => {
    const wire = createMemoryWire();
    const [near, far] = wire.ends;
    servePeer(far, async () => ({ hub, principal: { user: "mallory", grants: [] } }));
    const peer = new RawPeer(near);
    peer.greet(createWriterId());
    await peer.next("welcome");
    wire.hold(1);
    const count = 200_000;
    for (let id = 1; id <= count; id++) peer.send({ type: "ping", id });
    await (await greeted("ben")).heard();
    wire.release(1);
    await expect.poll(() => peer.received.at(-1)).toMatchObject({ type: "pong", id: count });
    expect(peer.received.length).toBeLessThan(count * 0.75);
  });

  it("[INV-4] a peer that did not read hears nothing of what it may not read any more", async () => {
    const wire = createMemoryWire();
    const [near, far] = wire.ends;
    const principal = { user: "mallory", grants: grants("**:write") };
    servePeer(far, async () => ({ hub, principal }));
    const peer = new RawPeer(near);
    peer.greet(createWriterId());
    await peer.next("welcome");
    const ada = await greeted("ada");
    await ada.open("notes/big");
    for (const [index, update] of chapters(9, 40, 40_000).entries()) ada.submit(index + 1, update);
    while ((await ada.next("ack")).n < 40);
    peer.send({ type: "watch", on: true });
    await peer.heard();
    wire.hold(1);
    peer.send({ type: "open", doc: 1, path: "notes/big", cursor: undefined });
    const ben = await greeted("ben");
    await ben.open("secret/a");
    ben.submit(1, typed(7, "merger"));
    await ben.next("ack");
    gate.limitUser("mallory", grants("notes/**:write"));
    wire.release(1);
    await peer.heard();
    expect(JSON.stringify(peer.all.filter(({ type }) => type === "changed"))).not.toMatch("secret");
  });

  it("a document that is opened again while it loads is answered as often", async () => {
    const peer = await greeted();
    peer.send({ type: "open", doc: 1, path: "notes/a", cursor: undefined });
    peer.send({ type: "open", doc: 1, path: "notes/a", cursor: undefined });
    await peer.next("opened");
    await peer.next("opened");
    peer.submit(1, typed(9, "AA"));
    expect(await peer.next("ack")).toMatchObject({ n: 1 });
    expect(peer.close).toBeUndefined();
  });

  it("a number that is closed and opened again while it loads is the second document's", async () => {
    const peer = await greeted();
    peer.send({ type: "open", doc: 1, path: "notes/a", cursor: undefined });
    peer.send({ type: "close", doc: 1 });
    peer.send({ type: "open", doc: 1, path: "notes/b", cursor: undefined });
    await peer.next("opened");
    peer.submit(1, typed(9, "AA"));
    await peer.next("ack");
    expect((await hub.list("notes/")).map(({ path }) => path)).toEqual(["notes/b"]);
  });
});
