/** What becomes of a plugin's data: kept, exported, deleted for everybody, put back; on devices that are apart meanwhile. */

import type { InstalledPlugins } from "@croft/host";
import type { PluginManifestInput } from "@croft/plugin";
import { createPublisherKeys, type PublisherKeyPair } from "@croft/plugin/package";
import { createTestTeam, type TestTeam } from "@croft/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { type InstalledDevice, makeVersion, openInstalled } from "../support/installed-devices.ts";

// With real parts, on machines that may be busy: what never comes fails all the same.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 });
const converge = (): Promise<void> => team.converge({ within: 30_000 });

const MANIFEST: PluginManifestInput = { id: "board", name: "Board", version: "1.0.0", engine: "*" };
const CODE = `export default { activate() {}, deactivate() {}, topics: {} };`;

let first: Uint8Array;
let second: Uint8Array;
let keys: PublisherKeyPair;
beforeAll(async () => {
  keys = await createPublisherKeys();
  first = await makeVersion(MANIFEST, CODE, keys);
  second = await makeVersion({ ...MANIFEST, version: "1.1.0" }, CODE, keys);
});

let team: TestTeam;
const ended: InstalledPlugins[] = [];
beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(async () => {
  await Promise.all(ended.splice(0).map((each) => each.dispose()));
  await team.dispose();
});

const open = (user: string): Promise<InstalledDevice> => openInstalled(team, user, ended);
async function install({ installed }: InstalledDevice, bytes = first): Promise<void> {
  await installed.install(await installed.examine(bytes), {});
}

/** Writes into a document of the plugin; resolves when it is on the disk. */
async function write(
  { workspace }: InstalledDevice,
  key: string,
  path = "board/tasks",
): Promise<void> {
  const handle = workspace.open(path);
  await handle.ready;
  handle.doc.getMap("tasks").set(key, true);
  await handle.saved("device");
  handle.close();
}

async function keysOf({ workspace }: InstalledDevice, path = "board/tasks"): Promise<string[]> {
  const handle = workspace.open(path);
  await handle.ready;
  const found = [...handle.doc.getMap("tasks").keys()].sort();
  handle.close();
  return found;
}
const pathsOf = async ({ workspace }: InstalledDevice): Promise<readonly string[]> =>
  (await workspace.list("board/")).map(({ path }) => path);

async function useTogether(): Promise<readonly [InstalledDevice, InstalledDevice]> {
  const ada = await open("ada");
  const ben = await open("ben");
  await install(ada);
  await eventually(() => ben.installed.list()).toHaveLength(1);
  await ben.installed.agree("board", {});
  await write(ada, "ada's");
  await converge();
  await write(ben, "ben's");
  await converge();
  return [ada, ben];
}

describe("uninstalling", () => {
  it("keeps the data unless somebody says otherwise, also for who installs it again", async () => {
    const [ada, ben] = await useTogether();
    await ada.installed.uninstall("board");
    await eventually(() => ben.installed.list()).toEqual([]);
    await install(ben);
    await converge();
    expect(await keysOf(ada)).toEqual(["ada's", "ben's"]);
  });

  it("deletes the data for everybody, and a device that was off does not bring it back", async () => {
    const [ada, ben] = await useTogether();
    ben.goOffline();
    await write(ben, "unsent");
    const made = ben.workspace.open("board/made-offline");
    await made.ready;
    made.doc.getText("body").insert(0, "unsent");
    await made.saved("device");
    await ada.installed.uninstall("board", { data: "delete" });
    await eventually(() => pathsOf(ada)).toEqual([]);
    ben.goOnline();
    await eventually(() => ben.installed.list()).toEqual([]);
    await eventually(() => ben.workspace.quarantine.list()).toHaveLength(2);
    await converge();
    expect(await pathsOf(ada)).toEqual([]);
    for (const device of [ada, ben]) {
      expect(await keysOf(device)).toEqual([]);
      expect(device.problems).toEqual([]);
    }
    // What Ben typed builds on what was deleted: with that it can be read.
    expect(await ben.workspace.undelete("board/tasks")).toBe(true);
    await eventually(() => keysOf(ben)).toEqual(["ada's", "ben's"]);
    const all = await ben.workspace.quarantine.list();
    const refused = all.find(({ path }) => path === "board/tasks");
    if (!refused) throw new Error("nothing was kept");
    const { withEdits } = await ben.workspace.quarantine.read(refused.id);
    expect(withEdits.getMap("tasks").has("unsent")).toBe(true);
  });

  it("offline deletes once there is a server, by whoever reaches it", async () => {
    const [ada] = await useTogether();
    ada.goOffline();
    await eventually(() => ada.workspace.sync.state.name).toBe("offline");
    await ada.installed.uninstall("board", { data: "delete" });
    expect(await pathsOf(ada)).toEqual(["board/tasks"]);
    await ada.reopen();
    expect(ada.installed.list()).toEqual([]);
    ada.goOnline();
    await eventually(() => pathsOf(ada)).toEqual([]);
  });

  it("deletes nothing of an installation that came after it", async () => {
    const [ada, ben] = await useTogether();
    ada.goOffline();
    await eventually(() => ada.workspace.sync.state.name).toBe("offline");
    await ada.installed.uninstall("board", { data: "delete" });
    await install(ada, second);
    await write(ada, "new");
    ada.goOnline();
    await converge();
    expect(await keysOf(ben)).toEqual(["ada's", "ben's", "new"]);
    expect(ben.installed.list()).toHaveLength(1);
  });
});

describe("a plugin's data", () => {
  it("is exported for people and for croft, and put back where there is none", async () => {
    const [ada, ben] = await useTogether();
    const text = ada.workspace.open("board/text");
    await text.ready;
    text.doc.getText("body").insert(0, "Hello");
    text.doc.getArray("list").push([1, new Y.Map([["a", 1]])]);
    await text.saved("server");
    text.close();
    const bytes = await ada.installed.exportData("board");
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({
      format: "croft-plugin-data",
      version: 1,
      plugin: "board",
      data: 1,
      documents: [
        { path: "board/tasks", content: { tasks: { "ada's": true, "ben's": true } } },
        { path: "board/text", content: { body: "Hello", list: [1, { a: 1 }] } },
      ],
    });
    await expect(ada.installed.importData(bytes)).rejects.toMatchObject({ code: "input/invalid" });
    await ada.installed.uninstall("board", { data: "delete" });
    await eventually(() => pathsOf(ada)).toEqual([]);
    await expect(ada.installed.importData(bytes)).rejects.toMatchObject({ code: "plugin/unknown" });
    await install(ada);
    expect(await ada.installed.importData(bytes)).toBe(2);
    await converge();
    expect(await keysOf(ben)).toEqual(["ada's", "ben's"]);
    await write(ben, "later");
    await converge();
    expect(await keysOf(ada)).toEqual(["ada's", "ben's", "later"]);
  });

  it.each([
    ["no JSON", "croft"],
    ["another format", JSON.stringify({ format: "x", version: 1, plugin: "board", data: 1 })],
    [
      "documents of others",
      JSON.stringify({
        format: "croft-plugin-data",
        version: 1,
        plugin: "board",
        data: 1,
        documents: [{ path: "notes/page", update: "AAA=" }],
      }),
    ],
    [
      "a damaged document",
      JSON.stringify({
        format: "croft-plugin-data",
        version: 1,
        plugin: "board",
        data: 1,
        documents: [{ path: "board/tasks", update: "/////w==" }],
      }),
    ],
  ])("is not read from %s", async (_what, content) => {
    const ada = await open("ada");
    await install(ada);
    await expect(ada.installed.importData(new TextEncoder().encode(content))).rejects.toMatchObject(
      { code: "input/invalid" },
    );
    expect(await pathsOf(ada)).toEqual([]);
  });
});

describe("apart", () => {
  it("one updates and edits, one revokes and uninstalls: both agree in the end, and nothing is lost", async () => {
    const [ada, ben] = await useTogether();
    for (const device of [ada, ben]) {
      device.goOffline();
      await eventually(() => device.workspace.sync.state.name).toBe("offline");
    }
    await install(ada, second);
    await write(ada, "on the train");
    const hash = ben.installed.list()[0]?.package?.hash ?? "";
    await ben.installed.revoke({ id: hash, target: "package", reason: "It loses tasks." });
    await write(ben, "at sea");
    ada.goOnline();
    ben.goOnline();
    await converge();
    // The version that was revoked runs nowhere, the newer one everywhere.
    for (const device of [ada, ben]) {
      await eventually(() => device.installed.list()[0]).toMatchObject({
        package: { version: "1.1.0" },
        standing: { name: "ready" },
      });
      await eventually(() => device.host.list()[0]?.manifest.version).toBe("1.1.0");
      expect(await keysOf(device)).toEqual(["ada's", "at sea", "ben's", "on the train"]);
    }
    // And now one uninstalls while the other one updates and edits.
    for (const device of [ada, ben]) {
      device.goOffline();
      await eventually(() => device.workspace.sync.state.name).toBe("offline");
    }
    await ada.installed.uninstall("board", { data: "delete" });
    await write(ben, "typed meanwhile");
    await ben.installed.setEnabled("board", false);
    await ben.installed.setEnabled("board", true);
    ben.goOnline();
    ada.goOnline();
    await eventually(() => ben.installed.list()).toEqual([]);
    await eventually(() => pathsOf(ben)).toEqual([]);
    await converge();
    for (const device of [ada, ben]) {
      expect(device.installed.list()).toEqual([]);
      expect(device.host.list()).toEqual([]);
      expect(await keysOf(device)).toEqual([]);
    }
    // Ben had sent it before the deletion was carried out: then it is at the server, to be brought back, or in his quarantine.
    const kept = await ben.workspace.quarantine.list();
    const isBack = await ben.workspace.undelete("board/tasks");
    await converge();
    const back = await keysOf(ben);
    expect(isBack).toBe(true);
    expect(kept.length > 0 || back.includes("typed meanwhile")).toBe(true);
  });
});
