/** A server that is played by the test, and a replica too: between them a device whose pending edits are renamed. */

import { expect, it } from "vitest";
import * as Y from "yjs";
import { createGate } from "../access/gate.ts";
import { systemClock } from "../clock.ts";
import { openDevice } from "../device/device.ts";
import { createEpoch, createWriterId, randomBytes } from "../ids.ts";
import { REFUSED_BASIS } from "../protocol/document-messages.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { playedEntry, PlayedHub } from "../testing/played-hub.ts";
import { RawPeer, shownBy } from "../testing/raw-peer.ts";

/**
 * A client id that two people have at once, which happens where a profile was cloned. Twice an id below it is drawn:
 * as large as a real one, so that the second one is as free as the first.
 */
const SHARED = 900_000;

it("[INV-3] edits that build on renamed ones are kept under the new ids, and put back where they were", async () => {
  const server = new PlayedHub();
  const device = await openDevice({
    workspace: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
    sync: { url: "ws://in-process", backOff: { first: 1, max: 1 }, connect: server.connect },
    gate: createGate(),
    clock: systemClock,
    random: randomBytes,
  });
  const open = async (): Promise<RawPeer> => {
    const peer = new RawPeer(await device.connect("", new AbortController().signal));
    peer.greet(createWriterId());
    await peer.next("welcome");
    return peer;
  };
  const replica = await open();
  const opened = replica.open("notes/a");
  await server.greet("ada");
  const { doc } = await server.hears("open");
  const epoch = createEpoch(randomBytes);
  server.opens(doc, { epoch, entries: [] });
  await opened;

  const typing = new Y.Doc();
  typing.clientID = SHARED;
  const updates: Uint8Array[] = [];
  typing.on("update", (update: Uint8Array) => updates.push(update));
  typing.getText("body").insert(0, "one ");
  typing.getText("body").insert(4, "two");
  const [first, second] = updates;
  if (!first || !second) throw new Error("two were typed");
  replica.submit(1, first);
  await replica.next("ack");
  await server.hears("submit");

  // Somebody else's edit comes under the same id; what is pending gives way.
  const other = new Y.Doc();
  other.clientID = SHARED;
  other.getMap("keys").set("a", "theirs");
  const entries = [playedEntry(Y.encodeStateAsUpdate(other))];
  server.say({ type: "entries", doc, first: 1, entries });
  await replica.next("restart");
  await replica.open("notes/a");
  replica.submit(2, second, REFUSED_BASIS);
  expect(await replica.next("denied")).toMatchObject({ n: 2, code: "old-epoch" });

  const [kept] = await device.listQuarantine(undefined);
  if (!kept) throw new Error("nothing was kept");
  await device.retry(kept.id);
  const reader = await open();
  await reader.open("notes/a");
  await expect.poll(() => shownBy(reader).getText("body").toString()).toBe("one two");
  expect(shownBy(reader).getMap("keys").toJSON()).toEqual({ a: "theirs" });
  await device.dispose();
});
