import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../access/gate.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { systemClock } from "../clock.ts";
import { createHub, type Hub } from "../hub/hub.ts";
import { servePeer } from "../hub/hub-session.ts";
import { createTag, createWriterId, randomBytes } from "../ids.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { RawPeer, typed } from "../testing/raw-peer.ts";
import { createFaultyStore, grants } from "../testing/rig.ts";
import { type Device, openDevice } from "./device.ts";

const PAGE = "notes/page";

let server: Hub;
let device: Device;

beforeEach(async () => {
  server = await createHub({ store: createMemoryStore(), gate: createGate() });
  device = await openDevice({
    workspace: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
    sync: { url: "ws://in-process", connect: async () => atServer("ada") },
    gate: createGate(),
    clock: systemClock,
    random: randomBytes,
  });
});
afterEach(async () => {
  await device.dispose();
  await server.dispose();
});

function atServer(user: string): ReturnType<typeof createMemoryChannelPair>[0] {
  const [near, far] = createMemoryChannelPair();
  servePeer(far, async () => ({ hub: server, principal: { user, grants: grants("**:write") } }));
  return near;
}

async function greeted(channel: RawPeer["channel"]): Promise<RawPeer> {
  const peer = new RawPeer(channel);
  peer.greet(createWriterId());
  await peer.next("welcome");
  return peer;
}

async function onDevice(): Promise<RawPeer> {
  return greeted(await device.connect("", new AbortController().signal));
}

describe("the log of a device", () => {
  it("[SYNC-21] gets a new epoch when pending edits change; what builds on the old one is quarantined", async () => {
    device.sync.pause();
    const [editor, late] = [await onDevice(), await onDevice()];
    await editor.open(PAGE);
    const { epoch } = await late.open(PAGE);
    editor.submit(1, typed(9, "ours"));
    await editor.next("ack");
    const [entry] = (await late.next("entries")).entries;
    // Meanwhile another device took the same client id: what is pending here must be renamed.
    const ben = await greeted(atServer("ben"));
    await ben.open(PAGE);
    ben.submit(1, typed(9, "theirs"));
    await ben.next("ack");
    device.sync.resume();
    await late.next("restart");

    // Heard no more until it opens again, and its cursor is of another log then.
    late.submit(1, typed(77, "unheard"), epoch);
    const cursor = { epoch, seq: 1, tag: entry?.tag ?? createTag() };
    late.send({ type: "open", doc: 1, path: PAGE, cursor });
    const again = await late.next("opened");
    expect(again).toMatchObject({ answer: "superseded", last: { n: 0 } });
    expect(again.epoch).not.toBe(epoch);

    const old = typed(78, "on what is gone");
    late.submit(1, old, epoch);
    expect(await late.next("denied")).toMatchObject({ n: 1, code: "old-epoch" });
    expect(await device.listQuarantine(undefined)).toMatchObject([
      { path: PAGE, code: "old-epoch", author: "ada", updates: [old] },
    ]);

    late.send({ type: "open", doc: 1, path: PAGE, cursor: undefined });
    const { epoch: now } = await late.next("opened");
    late.submit(1, typed(79, "on what is there"), now);
    expect(await late.next("ack")).toMatchObject({ n: 1 });
    expect(late.close).toBeUndefined();
  });
});

describe("opening a device", () => {
  it("closes everything again when its link cannot start", async () => {
    const store = createFaultyStore();
    let closed = false;
    let connects = 0;
    store.afterRead = (method) => {
      if (method === "listPending") throw new Error("broken");
    };
    const opening = openDevice({
      workspace: "acme",
      user: "ada",
      store: async () => ({
        ...store,
        close: async () => {
          closed = true;
        },
      }),
      sync: {
        url: "ws://in-process",
        backOff: { first: 1, max: 1 },
        connect: () => {
          connects++;
          return Promise.reject(new Error("away"));
        },
      },
      gate: createGate(),
      clock: systemClock,
      random: randomBytes,
    });
    await expect(opening).rejects.toThrow("broken");
    expect(closed).toBe(true);
    expect(connects).toBeLessThanOrEqual(1);
  });
});
