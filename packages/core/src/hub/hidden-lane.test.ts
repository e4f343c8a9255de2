/** What a device's hub tells a plugin about a document that it may not read. */

import { expect, it, onTestFinished } from "vitest";
import { createGate } from "../access/gate.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { createWriterId } from "../ids.ts";
import { Link } from "../link/link.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { PlayedHub } from "../testing/played-hub.ts";
import { chapters, RawPeer } from "../testing/raw-peer.ts";
import { grants } from "../testing/rig.ts";
import { createHub } from "./hub.ts";
import { servePeer } from "./hub-session.ts";

it("[INV-4] whoever may not read does not hear that others write", async () => {
  const hub = await createHub({ store: createMemoryStore(), gate: createGate() });
  const link = new Link({
    hub: hub.core,
    workspace: "acme",
    user: "ada",
    writer: createWriterId(),
    agent: "test",
    connect: new PlayedHub().connect,
    token: undefined,
    onProblem: () => undefined,
    paused: true,
    erasesLost: false,
    keep: { follow: [], budget: Number.POSITIVE_INFINITY },
  });
  await link.start();
  onTestFinished(() => hub.dispose());
  const peer = async (plugin: string | undefined, rights: readonly string[]): Promise<RawPeer> => {
    const [near, far] = createMemoryChannelPair();
    const principal = { user: "ada", plugin, grants: grants(...rights) };
    servePeer(far, async () => ({ hub, principal }));
    const made = new RawPeer(near);
    made.greet(createWriterId());
    await made.next("welcome");
    return made;
  };
  const [app, spy] = [await peer(undefined, ["**:write"]), await peer("spy", [])];
  await app.open("app/secret");
  expect((await spy.open("app/secret")).answer).toBe("hidden");
  await spy.heard();
  const before = spy.all.length;
  for (const [index, update] of chapters(7, 5, 3).entries()) {
    app.submit(index + 1, update);
    await app.next("ack");
  }
  await spy.heard();
  expect(spy.all.slice(before).filter(({ type }) => type !== "pong")).toEqual([]);
});
