import { afterEach, describe, expect, it } from "vitest";
import type { Disposable } from "../disposable.ts";
import { createWriterId } from "../ids.ts";
import { describeChannel } from "../testing/channel-conformance.ts";
import {
  connectBroadcast,
  listenBroadcast,
  type ListenBroadcastOptions,
} from "./broadcast-channel.ts";
import type { Channel, ChannelClose } from "./channel.ts";
import type { LifeLocks } from "./life-lock.ts";

const cleanups: Disposable[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup.dispose();
});

const freshName = () => `test/${createWriterId()}`;

function listen(name: string, options?: ListenBroadcastOptions) {
  const channels: Channel[] = [];
  let next = Promise.withResolvers<Channel>();
  const listening = listenBroadcast(
    name,
    (channel) => {
      channels.push(channel);
      next.resolve(channel);
      next = Promise.withResolvers();
    },
    options,
  );
  cleanups.push(listening);
  return { channels, next: () => next.promise, dispose: () => listening.dispose() };
}

function closeOf(channel: Channel): Promise<ChannelClose> {
  return new Promise((resolve) => channel.onClose(resolve));
}

for (const [name, locks] of [
  ["broadcast", undefined],
  ["broadcast (without locks)", { request: () => Promise.reject(new Error("no locks")) }],
] as const) {
  describeChannel(
    name,
    async () => {
      const shared = freshName();
      const leader = listen(shared, { locks });
      const accepted = leader.next();
      const follower = await connectBroadcast(shared, { locks });
      return { ends: [follower, await accepted], dispose: () => leader.dispose() };
    },
    { describe, it, expect },
  );
}

describe("broadcast channels", () => {
  it("whoever listens is told for whom a channel is, apart from what passes over it", async () => {
    const name = freshName();
    const heard: string[] = [];
    cleanups.push(listenBroadcast(name, (_channel, as) => heard.push(as)));
    await connectBroadcast(name, { as: "stats" });
    await connectBroadcast(name);
    expect(heard).toEqual(["stats", ""]);
  });

  it("each follower has a channel of its own", async () => {
    const name = freshName();
    const leader = listen(name);
    const followers = await Promise.all([connectBroadcast(name), connectBroadcast(name)]);
    expect(leader.channels.length).toBe(2);
    const heard = followers.map((follower) => new Promise((resolve) => follower.onFrame(resolve)));
    for (const channel of leader.channels) {
      channel.onFrame((frame) => channel.send(frame));
    }
    followers[0]?.send(new Uint8Array([1]));
    followers[1]?.send(new Uint8Array([2]));
    expect(await Promise.all(heard)).toEqual([new Uint8Array([1]), new Uint8Array([2])]);
  });

  it("a follower waits for a leader", async () => {
    const name = freshName();
    const connecting = connectBroadcast(name);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const leader = listen(name);
    await connecting;
    expect(leader.channels.length).toBe(1);
  });

  it("a follower gives up after its time, and when it is told to", async () => {
    const name = freshName();
    await expect(connectBroadcast(name, { timeout: 20 })).rejects.toMatchObject({
      code: "link/offline",
    });
    const reason = new Error("enough");
    await expect(connectBroadcast(name, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const connecting = connectBroadcast(name, { signal: controller.signal });
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
    const leader = listen(name);
    await connectBroadcast(name);
    expect(leader.channels.length).toBe(1);
  });

  it("a leader that goes away says so", async () => {
    const name = freshName();
    const leader = listen(name);
    const follower = await connectBroadcast(name);
    await leader.dispose();
    expect(await closeOf(follower)).toEqual({ code: 1001, reason: "the leading tab goes away" });
  });

  it("a new leader ends the channels of the old one", async () => {
    const name = freshName();
    const old = listen(name);
    const follower = await connectBroadcast(name);
    const next = listen(name);
    expect(await closeOf(follower)).toEqual({ code: 1001, reason: "another tab leads" });
    await connectBroadcast(name);
    expect([old.channels.length, next.channels.length]).toEqual([1, 1]);
  });

  it("a dead side is noticed by its lock", async () => {
    for (const dead of ["leader", "follower"]) {
      const locks = createLocks();
      const name = freshName();
      const leader = listen(name, { locks });
      const accepted = leader.next();
      const follower = await connectBroadcast(name, { locks });
      const [here, gone] =
        dead === "leader" ? [follower, await accepted] : [await accepted, follower];
      locks.kill(dead);
      expect((await closeOf(here)).code).toBe(1006);
      gone.close(1000, "");
      await leader.dispose();
    }
  });

  it("holds no lock after the close", async () => {
    const locks = createLocks();
    const name = freshName();
    const leader = listen(name, { locks });
    const accepted = leader.next();
    const follower = await connectBroadcast(name, { locks });
    const closed = closeOf(await accepted);
    follower.close(1000, "");
    await closed;
    await expect.poll(() => locks.size, { timeout: 5000 }).toBe(0);
  });

  it("ignores what others say on the shared channel", async () => {
    const name = freshName();
    const leader = listen(name);
    const bus = new BroadcastChannel(name);
    for (const junk of [undefined, "x", { type: "connect" }, { type: "connect", pair: "../x" }]) {
      bus.postMessage(junk);
    }
    await connectBroadcast(name);
    expect(leader.channels.length).toBe(1);
    bus.close();
  });
});

/** Locks within this test, which can lose a holder as a crashed tab would. */
function createLocks(): LifeLocks & { kill(side: string): void; readonly size: number } {
  const queues = new Map<string, (() => Promise<void>)[]>();
  const holders = new Map<string, () => void>();
  function grant(name: string): void {
    const next = queues.get(name)?.shift();
    if (!next) {
      queues.delete(name);
      return;
    }
    const died = new Promise<void>((resolve) => holders.set(name, resolve));
    void Promise.race([next(), died]).then(() => {
      holders.delete(name);
      grant(name);
    });
  }
  return {
    request(name, { signal }, callback) {
      return new Promise((resolve, reject) => {
        const run = async () => {
          if (signal?.aborted) return;
          await callback();
          resolve(undefined);
        };
        signal?.addEventListener("abort", () => reject(signal.reason));
        queues.set(name, [...(queues.get(name) ?? []), run]);
        if (!holders.has(name)) grant(name);
      });
    },
    kill(side) {
      for (const [name, die] of holders) if (name.endsWith(`/${side}`)) die();
    },
    get size() {
      return holders.size;
    },
  };
}
