/** A peer that sends faster than the hub stores. */

import { expect, it, onTestFinished } from "vitest";
import * as Y from "yjs";
import { createGate } from "../access/gate.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { createWriterId } from "../ids.ts";
import { createGateway } from "../testing/gateway.ts";
import { RawPeer } from "../testing/raw-peer.ts";
import { createFaultyStore, grants } from "../testing/rig.ts";
import { createHub } from "./hub.ts";
import { servePeer } from "./hub-session.ts";

const COUNT = 16_500;
const ROOM = 16_384;

it("[INV-5] is told to wait, when what it sent before is decided, and loses nothing", async () => {
  const store = createFaultyStore();
  const hub = await createHub({ store, gate: createGate() });
  onTestFinished(() => hub.dispose());
  const [near, far] = createMemoryChannelPair();
  const principal = { user: "ada", grants: grants("**:write") };
  servePeer(far, async () => ({ hub, principal }));
  const ada = new RawPeer(near);
  ada.greet(createWriterId());
  await ada.next("welcome");
  const { epoch } = await ada.open("notes/page");
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (let i = 0; i < COUNT; i++) doc.getArray("log").push([i]);

  const held = createGateway();
  store.beforeCommit = () => held.passed;
  for (const [index, update] of updates.entries()) ada.submit(index + 1, update, epoch);
  await ada.heard();
  expect(ada.all.some(({ type }) => type === "later")).toBe(false);
  held.open();
  expect(await ada.next("later")).toMatchObject({ n: ROOM + 1, code: "rate", wait: 500 });
  expect(ada.all.findLast(({ type }) => type === "ack")).toMatchObject({ n: ROOM });
  // What it goes on sending is not taken until it has opened again.
  ada.submit(ROOM + 1, updates[ROOM] ?? new Uint8Array(), epoch);
  await ada.heard();
  expect((await ada.open("notes/page")).last.n).toBe(ROOM);
  for (const [index, update] of updates.slice(ROOM).entries()) {
    ada.submit(ROOM + index + 1, update, epoch);
  }
  await expect
    .poll(() => ada.all.findLast(({ type }) => type === "ack"))
    .toMatchObject({ n: COUNT });
}, 60_000);
