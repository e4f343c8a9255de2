/** A hub that is played by the test, message by message. */

import { expect, it } from "vitest";
import { createEpoch, createTag, randomBytes } from "../ids.ts";
import type { Submit } from "../protocol/document-messages.ts";
import { PlayedHub } from "../testing/played-hub.ts";
import { createReplica } from "./replica.ts";

it("[INV-1] an edit that was taken unheard and refused above since is not shown any more", async () => {
  const hub = new PlayedHub();
  const replica = createReplica({
    workspace: "acme",
    backOff: { first: 1, max: 1 },
    connect: hub.connect,
  });
  const open = async (head: number, last: { n: number; tag: Submit["updates"][0]["tag"] }) => {
    const { doc, cursor } = await hub.hears("open");
    expect(cursor).toBeUndefined();
    const epoch = createEpoch(randomBytes);
    const state = { access: "write", answer: "continue", tombstone: undefined } as const;
    hub.say({ type: "opened", doc, asked: true, ...state, epoch, head, last, lease: undefined });
    return doc;
  };
  const stand = { state: "live", waiting: 0, problem: undefined } as const;
  const page = replica.open("notes/page");
  await hub.greet("ada");
  const first = await open(0, { n: 0, tag: "0000000000000000" as ReturnType<typeof createTag> });
  hub.say({ type: "upstream", doc: first, saved: 0, ...stand });
  await page.ready;
  page.doc.getText("body").insert(0, "refused above");
  const { updates } = await hub.hears("submit");
  // It is taken; the answer does not come, and what follows from it neither.
  hub.cut();
  await hub.greet("ada");
  const [taken] = updates;
  if (!taken) throw new Error("nothing was submitted");
  const doc = await open(1, { n: 1, tag: taken.tag });
  hub.say({ type: "refused", doc, n: 1, code: "invalid", reason: "too large" });
  hub.say({ type: "ack", doc, n: 1, at: { seq: 1, tag: createTag(randomBytes) } });
  hub.say({ type: "upstream", doc, saved: 1, ...stand });
  await expect.poll(() => page.state.live).toBe(true);
  expect(page.doc.getText("body").toString()).toBe("");
  await replica.dispose();
});
