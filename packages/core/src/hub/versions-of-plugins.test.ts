/** Which version of a plugin made a change: stamped by the device, and by the server on the device's word. */

import { afterEach, expect, it, onTestFinished } from "vitest";
import { createGate } from "../access/gate.ts";
import { createMemoryChannelPair } from "../channel/memory-channel.ts";
import { createWriterId } from "../ids.ts";
import type { DocumentHandle } from "../replica/document-handle.ts";
import { createMemoryDisk, createMemoryStore } from "../store/memory-store.ts";
import { chapters, RawPeer } from "../testing/raw-peer.ts";
import { createRig, grants, type Rig } from "../testing/rig.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import { createHub } from "./hub.ts";
import { servePeer } from "./hub-session.ts";

let rig: Rig | undefined;
afterEach(() => rig?.dispose());

it("is told to everybody, and kept with what is refused", async () => {
  rig = await createRig();
  const ada = (await rig.device("ada")).workspace;
  const ben = (await rig.device("ben")).workspace;
  const heard = authorsAt(ben);
  await ben.open("stats/summary").ready;
  const own = await opened(ada, "stats", "stats/summary", "1.2.0");
  own.doc.getMap("words").set("all", 7);
  await own.saved("server");
  await expect.poll(() => heard).toContain("ada/stats@1.2.0");
  const foreign = await opened(ada, "stats", "notes/page", "1.2.0");
  foreign.doc.getText("body").insert(0, "not allowed");
  await expect(foreign.saved("device")).rejects.toMatchObject({ code: "access/denied" });
  expect(await ada.quarantine.list()).toMatchObject([{ author: "ada/stats@1.2.0" }]);
});

it("is nothing that makes it somebody else: another version goes on", async () => {
  rig = await createRig();
  const ada = (await rig.device("ada")).workspace;
  const ben = (await rig.device("ben")).workspace;
  const heard = authorsAt(rig.hub);
  for (const version of ["1.2.0", undefined, "2.0.0-beta.1+7"]) {
    const own = await opened(ada, "stats", "stats/summary", version);
    own.doc.getArray("versions").push([version ?? "none"]);
    await own.saved("server");
  }
  expect(heard).toEqual(["ada/stats@1.2.0", "ada/stats", "ada/stats@2.0.0-beta.1+7"]);
  const seen = ben.open("stats/summary");
  await seen.caughtUp();
  expect(seen.doc.getArray("versions").toJSON()).toEqual(["1.2.0", "none", "2.0.0-beta.1+7"]);
});

it("is told by a tab that follows, too", async () => {
  const store = Object.assign(async () => createMemoryStore(disk), { sharedAs: "versions" });
  const disk = createMemoryDisk();
  const leader = await openWorkspace({ id: "acme", user: "ada", store });
  const follower = await openWorkspace({ id: "acme", user: "ada", store });
  onTestFinished(async () => {
    await follower.dispose();
    await leader.dispose();
  });
  const heard = authorsAt(leader);
  const own = await opened(follower, "stats", "stats/summary", "1.2.0");
  own.doc.getMap("words").set("all", 7);
  await own.saved("device");
  await expect.poll(() => heard).toEqual(["ada/stats@1.2.0"]);
});

it("is letters, digits, dots and dashes", async () => {
  rig = await createRig();
  const { workspace } = await rig.device("ada");
  for (const version of ["", "1 2", "1/2", "1@2", "1".repeat(65)]) {
    expect(() => workspace.createPluginReplica("stats", { version })).toThrow(
      expect.objectContaining({ code: "input/invalid", plugin: "stats" }),
    );
  }
});

it.each([
  [undefined, "stats", "ada/stats"],
  [undefined, "stats@1.2.0", "ada/stats@1.2.0"],
  [undefined, "", "ada"],
  // What is no name of a plugin is not believed, and no other user's either.
  [undefined, "a/b", "ada"],
  [undefined, "stats@1@2", "ada"],
  [undefined, "app", "ada"],
  // A plugin with credentials of its own is itself, whatever it says.
  ["stats", "", "ada/stats"],
  ["stats", "board", "ada/stats"],
  ["stats", "board@1.2.0", "ada/stats"],
  ["stats", "stats@1.2.0", "ada/stats@1.2.0"],
])("of the principal ada/%s, who says %j, is stamped as %s", async (plugin, told, author) => {
  const hub = await createHub({ store: createMemoryStore(), gate: createGate() });
  onTestFinished(() => hub.dispose());
  const heard: string[] = [];
  hub.onChanged((changed) => heard.push(changed.author));
  const [near, far] = createMemoryChannelPair();
  const principal = { user: "ada", plugin, grants: grants("**:write") };
  servePeer(far, async () => ({ hub, principal }));
  const peer = new RawPeer(near);
  peer.greet(createWriterId());
  await peer.next("welcome");
  const { epoch } = await peer.open("stats/summary");
  const [update = new Uint8Array()] = chapters(7, 1, 3);
  peer.submit(1, update, epoch, told);
  await peer.next("ack");
  expect(heard).toEqual([author]);
});

async function opened(
  workspace: Workspace,
  plugin: string,
  path: string,
  version: string | undefined,
): Promise<DocumentHandle> {
  const options = version === undefined ? {} : { version };
  const handle = workspace.createPluginReplica(plugin, options).open(path);
  await handle.ready;
  return handle;
}

function authorsAt(workspace: Pick<Workspace, "onChanged">): string[] {
  const heard: string[] = [];
  workspace.onChanged(({ author }) => heard.push(author));
  return heard;
}
