/** A server that is played by the test, message by message. */

import { expect, it } from "vitest";
import * as Y from "yjs";
import { createEpoch, createTag, randomBytes } from "../ids.ts";
import type { RelayedEntry } from "../protocol/document-messages.ts";
import { createGateway } from "../testing/gateway.ts";
import { PlayedHub } from "../testing/played-hub.ts";
import { createFaultyStore } from "../testing/rig.ts";
import { openWorkspace } from "../workspace.ts";

const NOTHING = { n: 0, tag: "0000000000000000" as ReturnType<typeof createTag> };

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
  const [one, two, three] = letters(3).map((update): RelayedEntry => {
    return { tag: createTag(randomBytes), author: "ben", update };
  });
  if (!one || !two || !three) throw new Error("three were typed");
  /** Answers an opening with the whole log. */
  const tell = async (...entries: readonly RelayedEntry[]): Promise<void> => {
    await hub.greet("ada");
    const { doc, cursor } = await hub.hears("open");
    expect(cursor).toBeUndefined();
    const state = { access: "write", answer: "continue", tombstone: undefined } as const;
    hub.say({
      type: "opened",
      doc,
      ...state,
      epoch,
      head: entries.length,
      last: NOTHING,
      lease: undefined,
    });
    hub.say({ type: "entries", doc, first: 1, entries });
    hub.say({ type: "upstream", doc, state: "none", saved: 0, waiting: 0, problem: undefined });
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
