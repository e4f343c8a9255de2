/** A server that is played by the test, message by message. */

import { expect, it } from "vitest";
import * as Y from "yjs";
import { createEpoch, createTag, randomBytes } from "../ids.ts";
import type { RelayedEntry } from "../protocol/document-messages.ts";
import { createGateway } from "../testing/gateway.ts";
import { playedEntry, PlayedHub } from "../testing/played-hub.ts";
import { createFaultyStore } from "../testing/rig.ts";
import { openWorkspace } from "../workspace.ts";

/** The updates of somebody who types one letter after the other. */
function letters(count: number): readonly Uint8Array[] {
  const doc = new Y.Doc();
  doc.clientID = 9;
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (let i = 0; i < count; i++) doc.getText("body").insert(i, `${i}`);
  return updates;
}

it("[SYNC-5] asks once more where it stood elsewhere than it said, when its disk was slow", async () => {
  const hub = new PlayedHub();
  const store = createFaultyStore();
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => store,
    sync: { url: "ws://in-process", backOff: { first: 1, max: 1 }, connect: hub.connect },
  });
  const epoch = createEpoch(randomBytes);
  const [one, two, three] = letters(3).map(playedEntry);
  if (!one || !two || !three) throw new Error("three were typed");
  /** Answers an opening with the whole log. */
  const tell = async (...entries: readonly RelayedEntry[]): Promise<void> => {
    await hub.greet("ada");
    const { doc, cursor } = await hub.hears("open");
    expect(cursor).toBeUndefined();
    hub.opens(doc, { epoch, entries });
  };
  const held = createGateway();
  const atCommit = createGateway();
  store.beforeCommit = ({ documents = [] }) => {
    if (documents.length === 0) return undefined;
    atCommit.open();
    return held.passed;
  };
  workspace.open("notes/page");
  await tell(one, two);
  await atCommit.passed;
  hub.cut();
  // Restored, it has got the second entry back as another one.
  await tell(one, { ...two, tag: createTag(randomBytes) }, three);
  held.open();
  expect((await hub.hears("open")).cursor).toEqual({ epoch, seq: 2, tag: two.tag });
  await workspace.dispose();
});

it("does not take what it has for all that there is, once the hub above starts over", async () => {
  const hub = new PlayedHub();
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createFaultyStore(),
    sync: { url: "ws://in-process", backOff: { first: 1, max: 1 }, connect: hub.connect },
  });
  const log = { epoch: createEpoch(randomBytes), entries: letters(1).map(playedEntry) };
  const page = workspace.open("notes/page");
  await hub.greet("ada");
  const { doc } = await hub.hears("open");
  hub.opens(doc, log);
  await page.caughtUp();

  hub.say({ type: "restart", doc });
  const again = await hub.hears("open");
  const late = workspace.open("notes/page");
  await late.ready;
  expect(late.state).toMatchObject({ live: false });
  expect(page.state).toMatchObject({ live: false });
  hub.opens(again.doc, { ...log, entries: [], head: 1 });
  await late.caughtUp();
  await workspace.dispose();
});
