/** A hub whose disk is full, and the one above it, both played by the test. */

import { expect, it } from "vitest";
import * as Y from "yjs";
import { createEpoch, createTag, randomBytes } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { PlayedHub, playedEntry } from "../testing/played-hub.ts";
import { systemClock } from "../clock.ts";
import { createHubAbove } from "./hub-above.ts";
import { createReplica } from "./replica.ts";

it("[SYNC-3] nothing goes past a full hub while the hub may have stored it", async () => {
  const home = new PlayedHub();
  const above = new PlayedHub();
  const replica = createReplica({
    workspace: "acme",
    backOff: { first: 1, max: 1 },
    connect: home.connect,
    above: { connect: above.connect, need: () => "wanted", onNeed: () => () => undefined },
  });
  const base = new Y.Doc();
  base.getText("body").insert(0, "ben; ");
  const entry = playedEntry(Y.encodeStateAsUpdate(base));
  const epoch = createEpoch(randomBytes);
  const page = replica.open("notes/page");
  await home.greet("ada");
  const { doc } = await home.hears("open");
  home.opens(doc, { epoch, entries: [entry] });
  await page.ready;
  const text = (): string => page.doc.getText("body").toString();
  page.doc.getText("body").insert(5, "stored; ");
  const [first] = (await home.hears("submit")).updates;
  page.doc.getText("body").insert(13, "not stored");
  await home.hears("submit");
  if (!first) throw new Error("nothing was submitted");
  // The first is stored, but its answer does not come: the session is slow.
  const last = { n: 1, tag: first.tag };
  const noRoom = async (): Promise<void> => {
    home.say({ type: "later", doc, n: 2, code: "disk-full", reason: "no room", wait: 1 });
    await home.hears("open");
    home.opens(doc, { epoch, entries: [], head: 2, last });
    await home.hears("submit");
  };
  void above.greet("ada");
  for (let time = 0; time < 8; time++) await noRoom();
  home.say({ type: "ack", doc, n: 1, at: { seq: 2, tag: createTag(randomBytes) } });
  const left = above.hears("open").then((opened) => ({ opened }));
  let past: Awaited<typeof left> | undefined;
  while (!past) past = (await Promise.race([left, noRoom()])) ?? undefined;
  const entries = [entry, playedEntry(first.update)];
  above.opens(past.opened.doc, { epoch: createEpoch(randomBytes), entries });
  const submitted = await above.hears("submit");
  expect(submitted.updates).toHaveLength(1);
  expect(text()).toBe("ben; stored; not stored");
  const merged = new Y.Doc();
  for (const { update } of [...entries, ...submitted.updates]) Y.applyUpdate(merged, update);
  expect(merged.getText("body").toString()).toBe("ben; stored; not stored");
  above.say({
    type: "ack",
    doc: past.opened.doc,
    n: 1,
    at: { seq: 3, tag: createTag(randomBytes) },
  });
  base.destroy();
  merged.destroy();
  await replica.dispose();
});

it("the way past a full hub is tried again when there may be new credentials", async () => {
  const above = new PlayedHub();
  let token = "old";
  let tell = (): void => undefined;
  const way = createHubAbove(
    {
      connect: above.connect,
      token: () => token,
      backOff: { first: 1, max: 1 },
      need: () => "wanted",
      onNeed: (listener) => {
        tell = listener;
        return () => undefined;
      },
    },
    { workspace: "acme", agent: "test", clock: systemClock, random: randomBytes },
  );
  expect(way.ask()).toBe(false);
  await above.greet("ada");
  await expect.poll(() => way.ask()).toBe(true);
  above.ends(CloseCode.unauthorized);
  await expect.poll(() => way.ask()).toBe(false);
  token = "new";
  tell();
  expect(await above.hears("hello")).toMatchObject({ token: "new" });
  way.dispose();
});
