/** Plugins that are installed while the application runs: on one device, and on those of others, apart and together. */

import { defineCollection, openCollection, set } from "@croft/core/collection";
import { followInstalled, type InstalledPlugins, loadTrusted, type Permissions } from "@croft/host";
import type { PluginManifestInput } from "@croft/plugin";
import {
  createPublisherKeys,
  packPlugin,
  type PublisherKeyPair,
  signPackage,
} from "@croft/plugin/package";
import { createTestTeam, type TestDevice, type TestTeam } from "@croft/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { bundleSource } from "../support/plugin-bundle.ts";

// Packages are bundled in the tests, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

// The documents as they are, so that a member who is no friend can write them past all checks.
const INSTALLED_PATH = "app/plugins/installed";
const packagePath = (hash: string): string => `app/plugins/packages/${hash}`;
const installedDefinition = defineCollection("installed", { packages: set(z.string()) });

const MANIFEST: PluginManifestInput = {
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
  permissions: { documents: [{ pattern: "notes/*", access: "read", reason: "To count." }] },
};
const ASKED: Permissions = { documents: [{ pattern: "notes/*", access: "read" }] };

/** A module that notes its version, and what it may do with notes, in a document of its own. */
const CODE = (version: string): string => `
import * as Y from "yjs";
export default {
  async activate({ manifest, documents, subscriptions }) {
    const own = documents.open(documents.own("ran"));
    const page = documents.open("notes/page");
    await Promise.all([own.ready, page.ready]);
    own.doc.getMap("ran").set(${JSON.stringify(version)}, page.state.access);
    // A type of the plugin's own Yjs: there must be one Yjs on its side.
    own.doc.getMap("types").set("text", new Y.Text(manifest.version));
    subscriptions.add(() => { own.close(); page.close(); });
  },
  deactivate() {},
  topics: {},
};`;

let keys: PublisherKeyPair;
let others: PublisherKeyPair;
beforeAll(async () => {
  keys = await createPublisherKeys();
  others = await createPublisherKeys();
});

let team: TestTeam;
const following: InstalledPlugins[] = [];
beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(async () => {
  await Promise.all(following.splice(0).map((each) => each.dispose()));
  await team.dispose();
});

interface Device extends TestDevice {
  readonly installed: InstalledPlugins;
}

async function open(user: string, options: { readonly offline?: boolean } = {}): Promise<Device> {
  const device = await team.device(user, options);
  return Object.assign(device, { installed: await follow(device) });
}

async function follow(
  { workspace, host, problems }: TestDevice,
  allowUnsigned = false,
): Promise<InstalledPlugins> {
  const told = problems as unknown[];
  const installed = await followInstalled({
    workspace,
    host,
    load: loadTrusted,
    allowUnsigned,
    onProblem: (problem) => told.push(problem),
  });
  following.push(installed);
  return installed;
}

async function makePackage(
  version: string,
  {
    by = keys,
    code = CODE(version),
    ...more
  }: Partial<PluginManifestInput> & {
    readonly by?: PublisherKeyPair | undefined;
    readonly code?: string;
  } = {},
): Promise<Uint8Array> {
  const manifest = { ...MANIFEST, version, ...more };
  const files = new Map([["main.js", await bundleSource(code, MANIFEST)]]);
  return signPackage(await packPlugin({ manifest, files }), by);
}

async function install(
  { installed }: Device,
  bytes: Uint8Array,
  granted: Permissions = ASKED,
): Promise<void> {
  await installed.install(await installed.examine(bytes), granted);
}

const standing = ({ installed }: Device): unknown => installed.list()[0]?.standing.name;
const refusal = ({ installed }: Device): unknown => {
  const [plugin] = installed.list();
  return plugin?.standing.name === "refused" ? plugin.standing.error.code : plugin?.standing.name;
};
const running = ({ host }: Device): readonly string[] =>
  host.list().map(({ id, state, manifest }) => `${id} ${manifest.version} ${state.name}`);

async function ran({ workspace }: Device): Promise<unknown> {
  const handle = workspace.open("stats/ran");
  await handle.ready;
  const shown: unknown = handle.doc.getMap("ran").toJSON();
  handle.close();
  return shown;
}

describe("installing", () => {
  it("runs a plugin at once, with what it was granted and no more", async () => {
    const ada = await open("ada");
    const offer = await ada.installed.examine(await makePackage("1.0.0"));
    expect(offer).toMatchObject({ kind: "new", installed: undefined, refused: undefined });
    expect(offer.asks.documents).toMatchObject([{ pattern: "notes/*", access: "read" }]);
    expect(ada.installed.list()).toEqual([]);
    await ada.installed.install(offer, { documents: [] });
    expect(standing(ada)).toBe("ready");
    await expect.poll(async () => ran(ada)).toEqual({ "1.0.0": "none" });
    await ada.installed.agree("stats", ASKED);
    expect(ada.host.list()[0]?.granted.documents).toEqual(ASKED.documents);
    expect(ada.problems).toEqual([]);
  });

  it("brings it to the devices of others, who are asked themselves", async () => {
    const ada = await open("ada");
    const ben = await open("ben");
    await install(ada, await makePackage("1.0.0"));
    await expect.poll(() => standing(ben)).toBe("unasked");
    expect(running(ben)).toEqual([]);
    expect(ben.installed.list()[0]?.asks.documents).toHaveLength(1);
    await ben.installed.agree("stats", { documents: [] });
    await expect.poll(() => running(ben)).toEqual(["stats 1.0.0 active"]);
    expect(ben.host.list()[0]?.granted.documents).toEqual([]);
    expect(ada.host.list()[0]?.granted.documents).toEqual(ASKED.documents);
  });

  it("works without a network, and comes to a person's other devices, who is not asked again", async () => {
    const desk = await open("ada", { offline: true });
    await install(desk, await makePackage("1.0.0"));
    await expect.poll(() => running(desk)).toEqual(["stats 1.0.0 active"]);
    const tablet = await open("ada");
    expect(tablet.installed.list()).toEqual([]);
    desk.goOnline();
    await expect.poll(() => running(tablet)).toEqual(["stats 1.0.0 active"]);
    expect(tablet.host.list()[0]?.granted.documents).toEqual(ASKED.documents);
  });

  it("is checked anew when the application starts, without a network", async () => {
    const ada = await open("ada");
    await install(ada, await makePackage("1.0.0"));
    ada.goOffline();
    await ada.installed.dispose();
    await ada.restart();
    const again = Object.assign(ada, { installed: await follow(ada) });
    expect(standing(again)).toBe("ready");
    await expect.poll(() => running(again)).toEqual(["stats 1.0.0 active"]);
  });

  it("waits for a package that is larger than one message, and is whole then", async () => {
    const ada = await open("ada");
    const ben = await open("ben");
    // Does not compress.
    const noise = Array.from({ length: 12 }, () => crypto.getRandomValues(new Uint8Array(65_536)));
    const filler = Buffer.concat(noise).toString("base64");
    const code = `${CODE("1.0.0")}\nglobalThis.filler = ${JSON.stringify(filler)};`;
    const large = await makePackage("1.0.0", { code });
    expect(large.length).toBeGreaterThan(2 * 256 * 1024);
    await install(ada, large);
    await expect.poll(() => standing(ben)).toBe("unasked");
  });

  it("is refused to who may not write the list, in words", async () => {
    const ben = await open("ben");
    team.limit("ben", { "**": "write", "app/plugins/**": "read" });
    await team.converge();
    await expect(install(ben, await makePackage("1.0.0"))).rejects.toMatchObject({
      code: "access/denied",
    });
    expect(ben.installed.list()).toEqual([]);
  });

  it("grants nothing that was not asked for", async () => {
    const ada = await open("ada");
    const offer = await ada.installed.examine(await makePackage("1.0.0"));
    await expect(
      ada.installed.install(offer, { documents: [{ pattern: "notes/*", access: "write" }] }),
    ).rejects.toMatchObject({ code: "input/invalid" });
    expect(ada.installed.list()).toEqual([]);
  });

  it("of two versions by two people who are apart, the newest runs for everybody", async () => {
    const ada = await open("ada", { offline: true });
    const ben = await open("ben", { offline: true });
    await install(ada, await makePackage("1.1.0"));
    await install(ben, await makePackage("1.0.0"));
    await expect.poll(() => running(ben)).toEqual(["stats 1.0.0 active"]);
    ada.goOnline();
    ben.goOnline();
    for (const device of [ada, ben]) {
      await expect.poll(() => running(device)).toEqual(["stats 1.1.0 active"]);
    }
    await team.converge();
    await install(ben, await makePackage("1.2.0"));
    for (const device of [ada, ben]) {
      await expect.poll(() => running(device)).toEqual(["stats 1.2.0 active"]);
      // The new one, and the one to go back to.
      expect(device.installed.list()[0]?.record.packages.size).toBe(2);
      expect(device.installed.list()[0]?.former?.version).toBe("1.1.0");
    }
  });

  it("says what is wrong with a module that does not load, once, and runs the others", async () => {
    const ada = await open("ada");
    await install(ada, await makePackage("1.0.0", { code: "throw new Error('no luck');" }));
    expect(refusal(ada)).toBe("plugin/failed");
    expect(ada.problems).toMatchObject([{ code: "plugin/failed" }]);
    await install(ada, await makePackage("1.0.0", { id: "other" }));
    await expect.poll(() => running(ada)).toEqual(["other 1.0.0 active"]);
    expect(ada.problems).toHaveLength(1);
  });
});

describe("an update", () => {
  it("by the same publisher runs for everybody, and asks for what is new only", async () => {
    const ada = await open("ada");
    const ben = await open("ben");
    await install(ada, await makePackage("1.0.0"));
    await expect.poll(() => standing(ben)).toBe("unasked");
    await ben.installed.agree("stats", ASKED);
    const more = {
      permissions: {
        documents: [
          ...(MANIFEST.permissions?.documents ?? []),
          { pattern: "tasks/*", access: "read", reason: "To count those as well." } as const,
        ],
      },
    };
    const offer = await ben.installed.examine(await makePackage("1.1.0", more));
    expect(offer).toMatchObject({ kind: "update", installed: "1.0.0", refused: undefined });
    expect(offer.asks.documents).toMatchObject([{ pattern: "tasks/*" }]);
    await ben.installed.install(offer, ASKED);
    await expect.poll(() => running(ada)).toEqual(["stats 1.1.0 active"]);
    expect(ada.installed.list()[0]).toMatchObject({
      standing: { name: "ready" },
      asks: { documents: [{ pattern: "tasks/*" }], events: [] },
      granted: ASKED,
    });
    expect(ada.host.list()[0]?.granted.documents).toEqual(ASKED.documents);
  });

  it("that asks for less loses the rest", async () => {
    const ada = await open("ada");
    await install(ada, await makePackage("1.0.0"));
    await install(ada, await makePackage("1.1.0", { permissions: {} }), {});
    expect(ada.host.list()[0]?.granted.documents).toEqual([]);
  });

  it.each([
    ["an older version", "0.9.0", undefined, "plugin/downgrade"],
    ["another publisher", "1.1.0", "others", "plugin/signature"],
  ])("is refused: %s", async (_what, version, by, code) => {
    const ada = await open("ada");
    await install(ada, await makePackage("1.0.0"));
    const bytes = await makePackage(version, { by: by ? others : keys });
    const offer = await ada.installed.examine(bytes);
    expect(offer.refused).toMatchObject({ code, plugin: "stats" });
    await expect(ada.installed.install(offer, ASKED)).rejects.toBe(offer.refused);
    expect(running(ada)).toEqual(["stats 1.0.0 active"]);
  });

  it("by a member who writes the list past all checks does not run elsewhere", async () => {
    const ada = await open("ada");
    const mallory = await open("mallory");
    await install(ada, await makePackage("1.0.0"));
    for (const [version, by, code] of [
      ["0.9.0", keys, "plugin/downgrade"],
      ["1.1.0", others, "plugin/signature"],
    ] as const) {
      await expect.poll(() => mallory.installed.list()).toHaveLength(1);
      // As a new plugin it may come from anybody: then the list is made to name it for the old one.
      const bytes = await makePackage(version, { by });
      const { package: found } = await mallory.installed.examine(bytes);
      const stored = mallory.workspace.open(packagePath(found.hash));
      await stored.ready;
      const parts = stored.doc.getMap<Uint8Array | number>("parts");
      parts.set("0", bytes);
      parts.set("count", 1);
      await stored.saved("device");
      stored.close();
      const handle = mallory.workspace.open(INSTALLED_PATH);
      await handle.ready;
      const member = `${version} ${found.hash} ${found.publisher}`;
      const packages = openCollection(handle, installedDefinition).set("stats", "packages");
      for (const former of packages.values) packages.delete(former);
      packages.add(member);
      await expect.poll(() => refusal(ada)).toBe(code);
      expect(running(ada)).toEqual([]);
      handle.close();
    }
  });
});

describe("a package", () => {
  it("that nobody signed runs where that is allowed, and nowhere else", async () => {
    const ada = await team.device("ada");
    const lenient = Object.assign(ada, { installed: await follow(ada, true) });
    const ben = await open("ben");
    const files = new Map([["main.js", await bundleSource(CODE("1.0.0"), MANIFEST)]]);
    const bytes = await packPlugin({ manifest: MANIFEST, files });
    expect((await ben.installed.examine(bytes)).refused).toMatchObject({
      code: "plugin/signature",
    });
    await install(lenient, bytes);
    await expect.poll(() => running(lenient)).toEqual(["stats 1.0.0 active"]);
    await expect.poll(() => refusal(ben)).toBe("plugin/signature");
  });

  it("that was changed in its document does not start", async () => {
    const ada = await open("ada");
    await install(ada, await makePackage("1.0.0"));
    const hash = ada.installed.list()[0]?.package?.hash ?? "";
    const handle = ada.workspace.open(packagePath(hash));
    await handle.ready;
    const parts = handle.doc.getMap<Uint8Array>("parts");
    const bytes = parts.get("0")?.slice() ?? new Uint8Array();
    bytes[bytes.length - 30] = (bytes[bytes.length - 30] ?? 0) ^ 1;
    parts.set("0", bytes);
    await handle.saved("device");
    handle.close();
    await ada.installed.dispose();
    await ada.restart();
    const again = Object.assign(ada, { installed: await follow(ada) });
    expect(refusal(again)).toBe("plugin/package");
    expect(running(again)).toEqual([]);
  });

  it("that another was put in the place of does not start either", async () => {
    const ada = await open("ada");
    await install(ada, await makePackage("1.0.0"));
    const hash = ada.installed.list()[0]?.package?.hash ?? "";
    const handle = ada.workspace.open(packagePath(hash));
    await handle.ready;
    handle.doc.getMap<Uint8Array>("parts").set("0", await makePackage("1.2.0"));
    await handle.saved("device");
    handle.close();
    await ada.installed.dispose();
    await ada.restart();
    const again = Object.assign(ada, { installed: await follow(ada) });
    expect(refusal(again)).toBe("plugin/package");
  });
});

describe("what stops", () => {
  it("a publisher's key that was revoked: everywhere, at once", async () => {
    const ada = await open("ada");
    const ben = await open("ben");
    await install(ada, await makePackage("1.0.0"));
    await expect.poll(() => standing(ben)).toBe("unasked");
    await ben.installed.agree("stats", ASKED);
    await expect.poll(() => running(ben)).toHaveLength(1);
    await ada.installed.revoke({
      id: keys.publisher,
      target: "publisher",
      reason: "It was stolen.",
    });
    for (const device of [ada, ben]) {
      await expect.poll(() => refusal(device)).toBe("plugin/revoked");
      expect(running(device)).toEqual([]);
    }
    const offer = await ben.installed.examine(await makePackage("2.0.0"));
    expect(offer.refused?.message).toContain("It was stolen.");
  });

  it("one version that was revoked: an update runs", async () => {
    const ada = await open("ada");
    await install(ada, await makePackage("1.0.0"));
    const hash = ada.installed.list()[0]?.package?.hash ?? "";
    await ada.installed.revoke({ id: hash, target: "package", reason: "It loses counts." });
    expect(running(ada)).toEqual([]);
    await install(ada, await makePackage("1.0.1"));
    await expect.poll(() => running(ada)).toEqual(["stats 1.0.1 active"]);
  });

  it("a plugin that is switched off, until it is switched on", async () => {
    const ada = await open("ada");
    await install(ada, await makePackage("1.0.0"));
    await ada.installed.setEnabled("stats", false);
    expect(standing(ada)).toBe("disabled");
    expect(running(ada)).toEqual([]);
    await ada.installed.setEnabled("stats", true);
    await expect.poll(() => running(ada)).toEqual(["stats 1.0.0 active"]);
  });

  it("a plugin that is uninstalled: its data stays", async () => {
    const ada = await open("ada");
    const ben = await open("ben");
    await install(ada, await makePackage("1.0.0"));
    await expect.poll(async () => ran(ada)).toEqual({ "1.0.0": "read" });
    await expect.poll(() => ben.installed.list()).toHaveLength(1);
    await ben.installed.uninstall("stats");
    await expect.poll(() => running(ada)).toEqual([]);
    expect(ada.installed.list()).toEqual([]);
    expect(await ran(ada)).toEqual({ "1.0.0": "read" });
    await expect(ada.installed.uninstall("stats")).rejects.toMatchObject({
      code: "plugin/unknown",
    });
  });
});
