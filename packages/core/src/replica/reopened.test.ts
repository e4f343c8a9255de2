/** A hub that is played by the test, message by message. */

import { expect, it } from "vitest";
import type { Channel } from "../channel/channel.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { createEpoch, createTag, randomBytes } from "../ids.ts";
import type { Submit } from "../protocol/document-messages.ts";
import { decodeUp, type DownMessage, encodeDown, type UpMessage } from "../protocol/message.ts";
import { createReplica } from "./replica.ts";

it("[INV-1] an edit that was taken unheard and refused above since is not shown any more", async () => {
  const channels: Channel[] = [];
  const heard: UpMessage[] = [];
  const say = (message: DownMessage): void => channels.at(-1)?.send(encodeDown(message));
  const replica = createReplica({
    workspace: "acme",
    backOff: { first: 1, max: 1 },
    connect: async () => {
      const [near, far] = createMemoryChannelPair();
      channels.push(far);
      far.onFrame((frame) => heard.push(decodeUp(frame.slice())));
      return near;
    },
  });
  const hears = async <T extends UpMessage["type"]>(
    type: T,
  ): Promise<Extract<UpMessage, { type: T }>> => {
    const isIt = (message: UpMessage): message is Extract<UpMessage, { type: T }> =>
      message.type === type;
    await expect.poll(() => heard.some(isIt)).toBe(true);
    const [message] = heard.splice(heard.findIndex(isIt), 1);
    if (!message || !isIt(message)) throw new Error("it was heard");
    return message;
  };
  const greet = async (): Promise<void> => {
    await hears("hello");
    const limits = { maxUpdateBytes: 1_000_000, heartbeat: 0, expiresIn: 0 };
    say({ type: "welcome", version: 3, user: "ada", plugin: "", ...limits });
  };
  const open = async (head: number, last: { n: number; tag: Submit["updates"][0]["tag"] }) => {
    const { doc, cursor } = await hears("open");
    expect(cursor).toBeUndefined();
    const epoch = createEpoch(randomBytes);
    const state = { access: "write", answer: "continue", tombstone: undefined } as const;
    say({ type: "opened", doc, ...state, epoch, head, last, lease: undefined });
    return doc;
  };
  const stand = { state: "live", waiting: 0, problem: undefined } as const;
  const page = replica.open("notes/page");
  await greet();
  const first = await open(0, { n: 0, tag: "0000000000000000" as ReturnType<typeof createTag> });
  say({ type: "upstream", doc: first, saved: 0, ...stand });
  await page.ready;
  page.doc.getText("body").insert(0, "refused above");
  const { updates } = await hears("submit");
  // It is taken; the answer does not come, and what follows from it neither.
  channels.at(-1)?.close(CloseCode.normal, "");
  await greet();
  const [taken] = updates;
  if (!taken) throw new Error("nothing was submitted");
  const doc = await open(1, { n: 1, tag: taken.tag });
  say({ type: "refused", doc, n: 1, code: "invalid", reason: "too large" });
  say({ type: "ack", doc, n: 1, at: { seq: 1, tag: createTag(randomBytes) } });
  say({ type: "upstream", doc, saved: 1, ...stand });
  await expect.poll(() => page.state.live).toBe(true);
  expect(page.doc.getText("body").toString()).toBe("");
  await replica.dispose();
});
