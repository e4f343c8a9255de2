/** What a hub keeps for a peer that does not read, and what the peer hears once it does. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate, type GrantGate } from "../access/gate.ts";
import { createMemoryWire, type MemoryWire } from "../channel/memory-channel.ts";
import { parseDocPath } from "../doc-path.ts";
import type { CroftError } from "../errors.ts";
import { createTag, createWriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { createGateway } from "../testing/gateway.ts";
import { chapters, RawPeer, typed } from "../testing/raw-peer.ts";
import { createFaultyStore, type FaultyStore, grants } from "../testing/rig.ts";
import { createHub, type Hub } from "./hub.ts";
import { servePeer } from "./hub-session.ts";

const PAGE = parseDocPath("notes/page");

let store: FaultyStore;
let gate: GrantGate;
let hub: Hub;
const problems: CroftError[] = [];

beforeEach(async () => {
  problems.length = 0;
  store = createFaultyStore();
  gate = createGate();
  const onProblem = (problem: CroftError | undefined): unknown => problem && problems.push(problem);
  hub = await createHub({ store, gate, onProblem });
});
afterEach(() => hub.dispose());

interface Peer extends RawPeer {
  readonly wire: MemoryWire;
}

async function connected(user: string): Promise<Peer> {
  const wire = createMemoryWire();
  const principal = { user, grants: grants("**:write") };
  servePeer(wire.ends[1], async () => ({ hub, principal }));
  const peer = Object.assign(new RawPeer(wire.ends[0]), { wire });
  peer.greet(createWriterId());
  await peer.next("welcome");
  return peer;
}

async function opened(user: string): Promise<Peer> {
  const peer = await connected(user);
  await peer.open(PAGE);
  await peer.next("upstream");
  return peer;
}

/** Sends nothing more to a peer until its wire is released: its channel is full. */
async function fill(peer: Peer, writer: Peer, client = 99): Promise<void> {
  peer.wire.hold(1);
  writer.submit(1, typed(client, "x".repeat(400_000)));
  await writer.next("ack");
}

function show(peer: Peer, id: number, clock: number, state = "{}"): void {
  const bytes = new TextEncoder().encode(state);
  peer.send({ type: "presence", doc: 1, id, clock, author: "", state: bytes });
}

/** The presence that a peer heard of: ids, with the clocks of who is here, negative for who is gone. */
async function heardOf(peer: Peer): Promise<readonly (readonly [id: number, clock: number])[]> {
  await peer.heard();
  return peer.all
    .filter((message) => message.type === "presence")
    .map(({ id, clock, state }) => [id, state.length > 0 ? clock : -clock] as const);
}

async function left(peer: Peer): Promise<void> {
  peer.channel.close(CloseCode.normal, "");
  await expect.poll(() => peer.close).toBeDefined();
}

describe("who is here, as a slow reader hears it", () => {
  it("hears that somebody left while there was no room", async () => {
    const [ada, ben, cyd] = [await opened("ada"), await opened("ben"), await opened("cyd")];
    show(ada, 77, 5);
    await ada.heard();
    expect(await heardOf(ben)).toEqual([[77, 5]]);
    await fill(ben, cyd);
    show(ada, 77, 8);
    await ada.heard();
    await left(ada);
    await cyd.heard();
    ben.wire.release(1);
    expect(await heardOf(ben)).toEqual([
      [77, 5],
      [77, -6],
    ]);
  });

  it("hears it also where the id is here again, with a lower clock", async () => {
    const [ada, ben, cyd] = [await opened("ada"), await opened("ben"), await opened("cyd")];
    show(ada, 77, 5);
    await ada.heard();
    await fill(ben, cyd);
    await left(ada);
    await cyd.heard();
    show(cyd, 77, 2);
    await cyd.heard();
    ben.wire.release(1);
    expect(await heardOf(ben)).toEqual([
      [77, 5],
      [77, -6],
      [77, 2],
    ]);
  });

  it("[INV-5] hears nothing of who came and went meanwhile, and nothing is kept of them", async () => {
    const [ada, ben, cyd] = [await opened("ada"), await opened("ben"), await opened("cyd")];
    await fill(ben, cyd);
    for (let id = 1; id <= 5_000; id++) {
      show(ada, id, 1);
      show(ada, id, 2, "");
    }
    show(ada, 77, 1);
    await ada.heard();
    // What there is news of is looked up when there is room.
    const { room } = await hub.core.acquire(PAGE);
    const get = room.get.bind(room);
    const looked: number[] = [];
    room.get = (id) => {
      looked.push(id);
      return get(id);
    };
    ben.wire.release(1);
    expect(await heardOf(ben)).toEqual([[77, 1]]);
    expect(looked).toEqual([77]);
  });

  it("hears who left while it might not read, when it may again", async () => {
    const [ada, ben] = [await opened("ada"), await opened("ben")];
    show(ada, 77, 5);
    await ada.heard();
    gate.limitUser("ben", []);
    await left(ada);
    const cyd = await opened("cyd");
    show(cyd, 78, 1);
    await cyd.heard();
    gate.limitUser("ben", undefined);
    await ben.next("opened");
    await expect
      .poll(() => heardOf(ben))
      .toEqual([
        [77, 5],
        [77, -6],
        [78, 1],
      ]);
  });

  it("[INV-5] hears nothing of a clock after which there is none", async () => {
    const [ada, ben] = [await opened("ada"), await opened("ben")];
    show(ada, 77, Number.MAX_SAFE_INTEGER);
    show(ada, 78, Number.MAX_SAFE_INTEGER - 1);
    await ada.heard();
    await left(ada);
    await expect
      .poll(() => heardOf(ben))
      .toEqual([
        [78, Number.MAX_SAFE_INTEGER - 1],
        [78, -Number.MAX_SAFE_INTEGER],
      ]);
    expect(ben.close).toBeUndefined();
  });
});

describe("[SYNC-10] what was submitted and is submitted again", () => {
  it("[INV-5] is acknowledged once to a peer that did not read", async () => {
    const [mal, cyd, dan] = [await opened("mal"), await opened("cyd"), await opened("dan")];
    const tag = createTag();
    const repeat = (): void => {
      const updates = [{ tag, update: typed(9, "m") }];
      mal.send({ type: "submit", doc: 1, basis: undefined, plugin: "", first: 1, updates });
    };
    repeat();
    await mal.next("ack");
    await fill(mal, cyd);
    for (const [index, update] of chapters(7, 20, 1).entries()) {
      for (let i = 0; i < 20; i++) repeat();
      dan.submit(index + 1, update);
      await dan.next("ack");
    }
    repeat();
    await dan.heard();
    await hub.core.change(await hub.core.acquire(PAGE), () => undefined);
    mal.wire.release(1);
    await mal.heard();
    const acks = mal.all.filter(({ type }) => type === "ack");
    const { head, headTag } = (await store.loadDocument(PAGE))?.record ?? {};
    expect(acks).toMatchObject([{ n: 1 }, { n: 1, at: { seq: head, tag: headTag } }]);
    // After everything that was committed before it.
    expect(mal.all.findLastIndex(({ type }) => type === "entries")).toBeLessThan(
      mal.all.findLastIndex(({ type }) => type === "ack"),
    );
  });
});

describe("a snapshot that is not there", () => {
  beforeEach(async () => {
    const ada = await opened("ada");
    ada.submit(1, typed(1, "text"));
    await ada.next("ack");
    await hub.compactDocument(PAGE);
    await left(ada);
  });

  it("[INV-5] fails the session, as what else cannot be read, and is not read on and on", async () => {
    let reads = 0;
    store.readSnapshot = async () => {
      if (++reads > 100) throw new Error("read on and on");
      return undefined;
    };
    const ben = await connected("ben");
    ben.send({ type: "open", doc: 1, path: PAGE, cursor: undefined });
    await expect.poll(() => ben.close?.code).toBe(CloseCode.failed);
    expect(reads).toBe(1);
    expect(problems).toMatchObject([{ code: "store/corrupt", path: PAGE }]);
  });

  it("because the document is being deleted, is waited for", async () => {
    const cyd = await connected("cyd");
    cyd.send({ type: "open", doc: 1, path: "notes/long", cursor: undefined });
    await cyd.next("upstream");
    cyd.submit(1, typed(7, "x".repeat(400_000)));
    await cyd.next("ack");
    // Opens while there is no room, and reads the snapshot when there is: while it is being deleted.
    const ben = await connected("ben");
    ben.wire.hold(1);
    ben.send({ type: "open", doc: 2, path: "notes/long", cursor: undefined });
    ben.send({ type: "open", doc: 1, path: PAGE, cursor: undefined });
    await expect.poll(() => hub.core.documents.map(({ lanes }) => lanes.size)).toEqual([2, 1]);
    const [stored, answered] = [createGateway(), createGateway()];
    store.afterCommit = () => {
      stored.open();
      return answered.passed;
    };
    const deleted = hub.deleteDocument(PAGE);
    await stored.passed;
    let reads = 0;
    store.afterRead = (method) => {
      if (method === "readSnapshot" && ++reads > 100) throw new Error("read on and on");
    };
    ben.wire.release(1);
    await expect.poll(() => reads).toBe(1);
    await ben.heard();
    answered.open();
    await deleted;
    await ben.next("restart");
    ben.received.length = 0;
    expect(reads).toBe(1);
    expect((await ben.open(PAGE)).answer).toBe("deleted");
    expect(problems).toEqual([]);
  });
});
