/** Events at a hub: who hears them, whose they are, and what a flood or a slow reader costs. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Principal } from "../access/access.ts";
import { createGate, type GrantGate } from "../access/gate.ts";
import { createMemoryWire, type MemoryWire } from "../channel/memory-channel.ts";
import { systemClock } from "../clock.ts";
import { createWriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { MAX_EVENT_BYTES } from "../protocol/limits.ts";
import type { DownMessage } from "../protocol/message.ts";
import { OLDEST_PROTOCOL_VERSION } from "../protocol/version.ts";
import { RawPeer, typed } from "../testing/raw-peer.ts";
import { createFaultyStore, grants } from "../testing/rig.ts";
import { createHub, type Hub } from "./hub.ts";
import { servePeer } from "./hub-session.ts";

const TOPIC = "notes/page-opened";

let gate: GrantGate;
let hub: Hub;
/** Stands still, so that no budget grows while a test runs. */
const clock = { ...systemClock, now: () => 1_000_000 };

beforeEach(async () => {
  gate = createGate();
  hub = await createHub({ store: createFaultyStore(), gate, clock });
});
afterEach(() => hub.dispose());

interface Peer extends RawPeer {
  readonly wire: MemoryWire;
}

async function connected(who: Principal | string, ...rights: readonly string[]): Promise<Peer> {
  const wire = createMemoryWire();
  const allowed = grants(...(rights.length > 0 ? rights : ["**:write"]));
  const principal = typeof who === "string" ? { user: who, grants: allowed } : who;
  servePeer(wire.ends[1], async () => ({ hub, principal }));
  const peer = Object.assign(new RawPeer(wire.ends[0]), { wire });
  peer.greet(createWriterId());
  await peer.next("welcome");
  peer.send({ type: "listen", on: true });
  await peer.heard();
  return peer;
}

const bytesOf = (data: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(data));

function publish(peer: RawPeer, data: unknown, topic = TOPIC, author = ""): void {
  peer.send({ type: "event", topic, author, data: bytesOf(data) });
}

type Heard = readonly [topic: string, author: string, data: unknown];

/** All that a peer heard. */
async function heardBy(peer: RawPeer): Promise<readonly Heard[]> {
  await peer.heard();
  return peer.all
    .filter((message): message is Extract<DownMessage, { type: "event" }> => {
      return message.type === "event";
    })
    .map(({ topic, author, data }) => [topic, author, JSON.parse(new TextDecoder().decode(data))]);
}

describe("events at a hub", () => {
  it("reach everybody who listens, in the order of publishing, and not who published", async () => {
    const [ada, ben, cyd] = [
      await connected("ada"),
      await connected("ben"),
      await connected("cyd"),
    ];
    cyd.send({ type: "listen", on: false });
    for (let n = 1; n <= 3; n++) publish(ada, n);
    await Promise.all([ada.heard(), cyd.heard()]);
    expect(await heardBy(ben)).toEqual([1, 2, 3].map((n) => [TOPIC, "ada", n]));
    expect(await heardBy(ada)).toEqual([]);
    expect(await heardBy(cyd)).toEqual([]);
  });

  it("[INV-4] are heard by those who may read the topic's path, and published by those who may write it", async () => {
    const ada = await connected("ada");
    const reader = await connected("ben", "notes/**:read");
    const stranger = await connected("cyd", "tasks/**:write");
    publish(ada, "from ada");
    publish(reader, "from a reader");
    publish(stranger, "from a stranger");
    publish(stranger, "elsewhere", "tasks/done");
    await Promise.all([ada.heard(), reader.heard(), stranger.heard()]);
    expect(await heardBy(reader)).toEqual([[TOPIC, "ada", "from ada"]]);
    expect(await heardBy(stranger)).toEqual([]);
    expect(await heardBy(ada)).toEqual([["tasks/done", "cyd", "elsewhere"]]);
    expect(await reader.next("missed")).toEqual({ type: "missed", why: "no-access", count: 1 });
  });

  it("[INV-4] stop at once when the right goes, also those that wait for a slow reader", async () => {
    const [ada, ben] = [await connected("ada"), await connected("ben")];
    await ben.open("notes/page");
    await fill(ben, ada);
    publish(ada, "waits");
    await ada.heard();
    gate.limitUser("ben", grants("tasks/**:read"));
    publish(ada, "later");
    await ada.heard();
    ben.wire.release(1);
    expect(await heardBy(ben)).toEqual([]);
    gate.limitUser("ben", undefined);
    publish(ada, "again");
    await ada.heard();
    expect(await heardBy(ben)).toEqual([[TOPIC, "ada", "again"]]);
  });

  it("[INV-4] carry the hub's stamp: a device speaks for its user and that user's plugins only", async () => {
    const [ada, ben] = [await connected("ada"), await connected("ben")];
    const authors = ["ada/stats", "ben", "ben/stats", "ada/", "ada/app", "ada/a/b", "adam/stats"];
    for (const author of authors) publish(ada, author, TOPIC, author);
    await ada.heard();
    expect(await heardBy(ben)).toEqual(
      authors.map((author) => [TOPIC, author === "ada/stats" ? author : "ada", author]),
    );
  });

  it("[INV-4] give a plugin's own session its own topics and no others, whatever documents it was granted", async () => {
    gate.setPluginGrants("stats", grants("notes/**:write"));
    const stats = await connected({ user: "ada", plugin: "stats", grants: [] });
    const ada = await connected("ada");
    publish(stats, "own", "stats/counted", "ada");
    publish(stats, "foreign");
    await stats.heard();
    publish(ada, "own", "stats/count");
    publish(ada, "foreign");
    await ada.heard();
    expect(await heardBy(ada)).toEqual([["stats/counted", "ada/stats", "own"]]);
    expect(await heardBy(stats)).toEqual([["stats/count", "ada", "own"]]);
  });

  it("[INV-5] beyond the rate are dropped, and the publisher is told how many", async () => {
    const [ada, ben] = [await connected("ada"), await connected("ben")];
    for (let n = 0; n < 250; n++) publish(ada, n);
    await ada.heard();
    expect(await heardBy(ben)).toHaveLength(200);
    expect(await ada.next("missed")).toEqual({ type: "missed", why: "rate", count: 50 });
    const cyd = await connected("cyd");
    publish(cyd, "somebody else's budget");
    await cyd.heard();
    expect(await heardBy(ben)).toHaveLength(201);
  });

  it("[INV-5] for who does not read wait up to a bound; the rest is dropped, and told when there is room", async () => {
    const [ada, ben, cyd] = [
      await connected("ada"),
      await connected("ben"),
      await connected("cyd"),
    ];
    await ben.open("notes/page");
    await fill(ben, ada);
    for (let n = 0; n < 200; n++) publish(ada, n);
    for (let n = 200; n < 400; n++) publish(cyd, n);
    await Promise.all([ada.heard(), cyd.heard()]);
    ben.wire.release(1);
    expect(await ben.next("missed")).toEqual({ type: "missed", why: "slow", count: 400 - 256 });
    const heard = await heardBy(ben);
    expect(heard).toHaveLength(256);
    expect(heard.slice(0, 200).map(([, , n]) => n)).toEqual(
      Array.from({ length: 200 }, (_, n) => n),
    );
  });

  it("[INV-5] too large, or of no topic, end the session and nothing else", async () => {
    const [ada, ben, cyd] = [
      await connected("ada"),
      await connected("ben"),
      await connected("cyd"),
    ];
    const tooLong = new Uint8Array(MAX_EVENT_BYTES + 1);
    ada.send({ type: "event", topic: TOPIC, author: "", data: tooLong });
    cyd.send({ type: "event", topic: "notes", author: "", data: bytesOf(1) });
    await expect.poll(() => [ada.close?.code, cyd.close?.code]).toEqual([4400, 4400]);
    expect(await heardBy(ben)).toEqual([]);
  });

  it("are nothing to a peer of the version before, which goes on as ever", async () => {
    const ada = await connected("ada");
    const wire = createMemoryWire();
    const principal = { user: "old", grants: grants("**:write") };
    servePeer(wire.ends[1], async () => ({ hub, principal }));
    const old = new RawPeer(wire.ends[0]);
    const rest = { workspace: "w", writer: createWriterId(), term: 0, attempt: 1, token: "" };
    old.send({ type: "hello", version: OLDEST_PROTOCOL_VERSION, ...rest, agent: "old" });
    expect(await old.next("welcome")).toMatchObject({ version: OLDEST_PROTOCOL_VERSION });
    publish(ada, "unheard");
    await ada.heard();
    await old.open("notes/page");
    old.submit(1, typed(7, "text"));
    await old.next("ack");
    expect(await heardBy(old)).toEqual([]);
    const [near, far] = createMemoryWire().ends;
    servePeer(far, async () => ({ hub, principal }));
    const tooOld = new RawPeer(near);
    tooOld.send({ type: "hello", version: OLDEST_PROTOCOL_VERSION - 1, ...rest, agent: "older" });
    await expect.poll(() => tooOld.close?.code).toBe(CloseCode.version);
  });
});

/** Sends nothing more to a peer until its wire is released: its channel is full. */
async function fill(peer: Peer, writer: RawPeer): Promise<void> {
  await writer.open("notes/page");
  peer.wire.hold(1);
  writer.submit(1, typed(99, "x".repeat(400_000)));
  await writer.next("ack");
}
