/** A server that is played by the test, and is slow to delete: its device knows of the deletion before the log ends. */

import { expect, it } from "vitest";
import * as Y from "yjs";
import { createEpoch, randomBytes } from "../ids.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { playedEntry, PlayedHub } from "../testing/played-hub.ts";
import { openWorkspace } from "../workspace.ts";

it("[SYNC-17] keeps what was made on a deletion, though the log that it ends still came after that", async () => {
  const hub = new PlayedHub();
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
    sync: { url: "ws://in-process", backOff: { first: 1, max: 1 }, connect: hub.connect },
  });
  const [epoch, tombstone] = [createEpoch(randomBytes), createEpoch(randomBytes)];
  const page = workspace.open("notes/page");
  await hub.greet("ada");
  const { doc } = await hub.hears("open");
  hub.opens(doc, { epoch, entries: [] });
  await page.caughtUp();

  const started = new Promise<void>((resolve) => page.onReset(() => resolve()));
  hub.say({ type: "deleted", fresh: false, subtrees: [{ path: "notes", tombstone }] });
  await started;
  page.doc.getText("body").insert(0, "after");
  const sent = await hub.hears("submit");
  expect(sent).toMatchObject({ basis: tombstone, first: 1 });

  // Somebody's edit, from before the deletion, which the server has yet to carry out for this document.
  const other = new Y.Doc();
  other.getText("body").insert(0, "before");
  const entry = playedEntry(Y.encodeStateAsUpdate(other));
  hub.say({ type: "entries", doc, first: 1, entries: [entry] });
  await expect.poll(() => page.doc.getText("body").toString()).toContain("before");
  page.doc.getText("body").insert(0, "on it ");
  expect(await hub.hears("submit")).toMatchObject({ basis: epoch, first: 2 });
  hub.say({ type: "restart", doc });
  expect((await hub.hears("open")).cursor).toMatchObject({ epoch, seq: 1 });
  const gone = {
    type: "opened",
    doc,
    asked: true,
    access: "write",
    answer: "deleted",
    epoch: tombstone,
    tombstone,
    head: 0,
    last: { n: 0, tag: "0000000000000000" },
    lease: undefined,
  } as const;
  hub.say({ ...gone, last: { ...gone.last, tag: gone.last.tag as typeof entry.tag } });
  expect((await hub.hears("open")).cursor).toBeUndefined();
  hub.say({ ...gone, last: { ...gone.last, tag: gone.last.tag as typeof entry.tag } });

  // Under its number and tag: the server may have taken it already (SYNC rule 3).
  const again = await hub.hears("submit");
  expect(again).toMatchObject({ basis: tombstone, first: 1, updates: sent.updates });
  await expect.poll(() => page.doc.getText("body").toString()).toBe("after");
  const kept = await workspace.quarantine.list();
  expect(kept.map(({ path, code }) => ({ path, code }))).toEqual([
    { path: "notes/page", code: "deleted" },
  ]);
  await workspace.dispose();
});
