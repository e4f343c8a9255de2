import { describe, expect, it } from "vitest";
import { createWriterId } from "../ids.ts";
import { describeChannel } from "../testing/channel-conformance.ts";
import { connectBroadcast, listenBroadcast } from "./broadcast-channel.ts";
import type { Channel } from "./channel.ts";

const freshName = () => `test/${createWriterId()}`;

function nextChannel(name: string, locks?: LockManager) {
  const accepted = Promise.withResolvers<Channel>();
  const leader = listenBroadcast(name, accepted.resolve, { locks });
  return { leader, accepted: accepted.promise };
}

/** Another document of this origin, which can be ended as a crashed tab would be. */
async function openFrame(): Promise<{ readonly locks: LockManager; end(): void }> {
  const frame = document.createElement("iframe");
  frame.srcdoc = "<p>a tab</p>";
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  await loaded;
  const locks = frame.contentWindow?.navigator.locks;
  if (!locks) throw new Error("the frame has no locks");
  return { locks, end: () => frame.remove() };
}

describeChannel(
  "broadcast (Chromium)",
  async () => {
    const name = freshName();
    const { leader, accepted } = nextChannel(name);
    const follower = await connectBroadcast(name);
    return { ends: [follower, await accepted], dispose: () => leader.dispose() };
  },
  { describe, it, expect },
);

describe("broadcast channel in Chromium", () => {
  it("the leader notices that a follower died", async () => {
    const name = freshName();
    const frame = await openFrame();
    const { leader, accepted } = nextChannel(name);
    await connectBroadcast(name, { locks: frame.locks });
    const channel = await accepted;
    const closed = new Promise((resolve) => channel.onClose(resolve));
    expect(channel.closed).toBe(false);
    frame.end();
    expect(await closed).toMatchObject({ code: 1006 });
    await leader.dispose();
  });

  it("a follower notices that the leader died", async () => {
    const name = freshName();
    const frame = await openFrame();
    const { leader } = nextChannel(name, frame.locks);
    const channel = await connectBroadcast(name);
    const closed = new Promise((resolve) => channel.onClose(resolve));
    frame.end();
    expect(await closed).toMatchObject({ code: 1006 });
    await leader.dispose();
  });

  it("a close arrives before the lock that is released with it", async () => {
    for (let i = 0; i < 20; i++) {
      const name = freshName();
      const { leader, accepted } = nextChannel(name);
      const follower = await connectBroadcast(name);
      const channel = await accepted;
      const closed = new Promise((resolve) => channel.onClose(resolve));
      follower.close(4409, "enough");
      expect(await closed).toEqual({ code: 4409, reason: "enough" });
      await leader.dispose();
    }
  });
});
