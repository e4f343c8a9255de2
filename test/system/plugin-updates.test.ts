/** Updates of installed plugins: what they wait for, how they bring their data over, and the way back. */

import { CroftError, systemClock, type Workspace } from "@croft/core";
import { followInstalled, type InstalledPlugins, loadTrusted } from "@croft/host";
import type { PluginManifestInput } from "@croft/plugin";
import { createPublisherKeys, type PublisherKeyPair } from "@croft/plugin/package";
import { createTestTeam, type TestTeam } from "@croft/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type Following,
  type InstalledDevice,
  makeVersion,
  openInstalled,
} from "../support/installed-devices.ts";

// With real parts, on machines that may be busy: what never comes fails all the same.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 });
const converge = (): Promise<void> => team.converge({ within: 30_000 });

const MANIFEST: PluginManifestInput = { id: "board", name: "Board", version: "1.0.0", engine: "*" };

/** Adds what it is told to; with `migrate` it keeps titles in objects. */
const CODE = (migrate: string, entry: string): string => `
export default {
  activate({ documents, events, subscriptions }) {
    const tasks = documents.open(documents.own("tasks"));
    subscriptions.add(events.subscribe("board/add", (text) => {
      tasks.doc.getMap("tasks").set(text, ${entry});
    }));
    subscriptions.add(() => tasks.close());
  },
  deactivate() {},
  topics: {},
  ${migrate}
};`;
const MIGRATE = `async migrate({ from, paths, documents }) {
  if (from !== 1) throw new Error("from " + from);
  const log = documents.open(documents.own("log"));
  await log.ready;
  for (const path of paths) {
    const handle = documents.open(path);
    await handle.ready;
    const tasks = handle.doc.getMap("tasks");
    for (const [key, title] of [...tasks]) tasks.set(key, { title });
    // Twice would be seen.
    log.doc.getArray("moved").push([path]);
    handle.close();
  }
  log.close();
},`;
const FAILING = `async migrate({ documents }) {
  const tasks = documents.open(documents.own("tasks"));
  await tasks.ready;
  tasks.doc.getMap("tasks").clear();
  throw new Error("no luck");
},`;

const versions = new Map<string, Uint8Array>();
let keys: PublisherKeyPair;
beforeAll(async () => {
  keys = await createPublisherKeys();
  const make = async (
    version: string,
    code: string,
    more: Partial<PluginManifestInput> = {},
  ): Promise<void> => {
    const manifest = { ...MANIFEST, version, ...more };
    versions.set(version, await makeVersion(manifest, code, keys));
  };
  await make("1.0.0", CODE("", "text"));
  await make("1.1.0", CODE("", "text"));
  await make("1.2.0", CODE("", "text"), {
    permissions: { documents: [{ pattern: "notes/*", access: "read", reason: "To link." }] },
  });
  await make("1.3.0", "throw new Error('does not load');");
  await make("2.0.0", CODE(MIGRATE, "{ title: text }"), { data: 2 });
  await make("2.1.0", CODE(FAILING, "{ title: text }"), { data: 2 });
  await make("2.2.0", CODE("", "{ title: text }"), { data: 2 });
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

const open = (user: string, following?: Following): Promise<InstalledDevice> =>
  openInstalled(team, user, ended, following);

async function install({ installed }: InstalledDevice, version: string): Promise<void> {
  const offer = await installed.examine(versions.get(version) ?? new Uint8Array());
  await installed.install(offer, {});
}

const running = ({ host }: InstalledDevice): readonly string[] =>
  host
    .list()
    .filter(({ state }) => state.name === "active")
    .map(({ manifest }) => manifest.version);
const shown = ({ installed }: InstalledDevice) => installed.list()[0];

async function contentOf(
  { workspace }: Pick<InstalledDevice, "workspace">,
  path = "board/tasks",
): Promise<Readonly<Record<string, unknown>>> {
  const handle = workspace.open(path);
  await handle.ready;
  const content =
    path === "board/log"
      ? { moved: handle.doc.getArray("moved").toJSON() }
      : handle.doc.getMap("tasks").toJSON();
  handle.close();
  return content;
}

/** Has the plugin of a device write; resolves when it has. */
async function add(device: InstalledDevice, text: string): Promise<void> {
  await device.host.events.publish("board/add", text);
  await eventually(async () => Object.keys(await contentOf(device))).toContain(text);
}

/** Ada and Ben use the first version together. */
async function useTogether(
  following?: Following,
): Promise<readonly [InstalledDevice, InstalledDevice]> {
  const ada = await open("ada");
  const ben = await open("ben", following);
  await install(ada, "1.0.0");
  await eventually(() => shown(ben)?.standing.name).toBe("unasked");
  await ben.installed.agree("board", {});
  for (const device of [ada, ben]) await eventually(() => running(device)).toEqual(["1.0.0"]);
  await add(ada, "ada's");
  await add(ben, "ben's");
  await converge();
  return [ada, ben];
}

describe("an update waits", () => {
  it("until it is old enough, and the version before goes on until then", async () => {
    const day = 86_400_000;
    let ahead = 0;
    const due = new Map<() => void, number>();
    const clock = {
      now: () => Date.now() + ahead,
      soon: (run: () => void) => queueMicrotask(run),
      delay: (ms: number, run: () => void) => {
        due.set(run, clock.now() + ms);
        return () => void due.delete(run);
      },
    };
    const ada = await open("ada");
    const ben = await open("ben", { updates: { minAge: 3 * day }, clock });
    await install(ada, "1.0.0");
    await eventually(() => shown(ben)?.standing.name).toBe("unasked");
    await ben.installed.agree("board", {});
    await install(ada, "1.1.0");
    await eventually(() => shown(ben)?.update?.standing.name).toBe("young");
    expect(shown(ben)).toMatchObject({
      package: { version: "1.0.0" },
      standing: { name: "ready" },
    });
    await eventually(() => running(ben)).toEqual(["1.0.0"]);
    ahead = 3 * day + 60_000;
    for (const [run, at] of due) if (at <= clock.now()) run();
    await eventually(() => running(ben)).toEqual(["1.1.0"]);
    expect(shown(ben)?.update).toBeUndefined();
  });

  it("not for who agrees to it, where the application says that it is to be old", async () => {
    const ada = await open("ada", { updates: { minAge: 1e9 } });
    await install(ada, "1.0.0");
    await install(ada, "1.1.0");
    await eventually(() => running(ada)).toEqual(["1.1.0"]);
  });

  it("for who has to agree to more, where the application wants that", async () => {
    const ada = await open("ada");
    const ben = await open("ben", { updates: { onceAgreed: true } });
    await install(ada, "1.0.0");
    await eventually(() => shown(ben)?.standing.name).toBe("unasked");
    await ben.installed.agree("board", {});
    await install(ada, "1.2.0");
    await eventually(() => shown(ben)?.update?.standing.name).toBe("unasked");
    expect(shown(ben)?.update?.asks.documents).toMatchObject([{ pattern: "notes/*" }]);
    expect(shown(ben)?.package?.version).toBe("1.0.0");
    await eventually(() => running(ben)).toEqual(["1.0.0"]);
    await ben.installed.agree("board", {});
    await eventually(() => running(ben)).toEqual(["1.2.0"]);
  });

  it("for ever when its code does not load: the version before goes on", async () => {
    const ada = await open("ada");
    await install(ada, "1.0.0");
    await install(ada, "1.3.0");
    expect(shown(ada)?.update?.standing).toMatchObject({ error: { code: "plugin/failed" } });
    await eventually(() => running(ada)).toEqual(["1.0.0"]);
    await ada.reopen();
    await eventually(() => running(ada)).toEqual(["1.0.0"]);
  });
});

describe("data", () => {
  it("is brought over by one device, for everybody, once", async () => {
    const [ada, ben] = await useTogether();
    await install(ada, "2.0.0");
    for (const device of [ada, ben]) {
      await eventually(() => running(device)).toEqual(["2.0.0"]);
    }
    await converge();
    for (const device of [ada, ben]) {
      expect(await contentOf(device)).toEqual({
        "ada's": { title: "ada's" },
        "ben's": { title: "ben's" },
      });
      expect(await contentOf(device, "board/log")).toEqual({ moved: ["board/tasks"] });
      expect(device.problems).toEqual([]);
    }
    await eventually(() => shown(ada)?.record.claims.size).toBe(0);
    // The snapshot to go back to, and nothing else.
    const kept = async (): Promise<unknown> => ada.workspace.list("app/plugins/snapshots/");
    await eventually(kept).toHaveLength(1);
    await add(ben, "later");
    await converge();
    expect(await contentOf(ada)).toMatchObject({ later: { title: "later" } });
  });

  it("stays as it is when the migration throws: the version before goes on, and the person is told", async () => {
    const [ada, ben] = await useTogether();
    await install(ada, "2.1.0");
    await eventually(() => shown(ada)?.update?.standing.name).toBe("refused");
    expect(shown(ada)?.update?.standing).toMatchObject({
      error: { code: "plugin/migration", plugin: "board" },
    });
    expect(ada.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining("no luck"),
    ]);
    expect(running(ada)).toEqual(["1.0.0"]);
    expect(running(ben)).toEqual(["1.0.0"]);
    await add(ada, "more");
    await converge();
    expect(await contentOf(ben)).toEqual({ "ada's": "ada's", "ben's": "ben's", more: "more" });
    expect(await ben.workspace.quarantine.list()).toEqual([]);
  });

  it("stays as it is when the plugin does not say how it is brought over", async () => {
    const [ada] = await useTogether();
    await install(ada, "2.2.0");
    await eventually(() => shown(ada)?.update?.standing.name).toBe("refused");
    expect(ada.problems[0]?.message).toContain("does not say how");
    expect(running(ada)).toEqual(["1.0.0"]);
  });

  it("waits for the server, and the version before goes on", async () => {
    const [ada] = await useTogether();
    ada.goOffline();
    await eventually(() => ada.workspace.sync.state.name).toBe("offline");
    await install(ada, "2.0.0");
    await eventually(() => shown(ada)?.update?.standing).toEqual({
      name: "migrating",
      waitsFor: "server",
    });
    expect(running(ada)).toEqual(["1.0.0"]);
    await add(ada, "offline");
    ada.goOnline();
    await eventually(() => running(ada)).toEqual(["2.0.0"]);
    expect(await contentOf(ada)).toMatchObject({ offline: { title: "offline" } });
  });

  it("of two devices that begin at once is brought over once", async () => {
    const [ada, ben] = await useTogether();
    for (const device of [ada, ben]) {
      device.goOffline();
      await eventually(() => device.workspace.sync.state.name).toBe("offline");
      await install(device, "2.0.0");
    }
    ada.goOnline();
    ben.goOnline();
    for (const device of [ada, ben]) {
      await eventually(() => running(device)).toEqual(["2.0.0"]);
    }
    await converge();
    expect(await contentOf(ada, "board/log")).toEqual({ moved: ["board/tasks"] });
    expect(Object.keys(await contentOf(ada)).sort()).toEqual(["ada's", "ben's"]);
  });

  it("is only read by an older version, and what that wrote meanwhile goes to the quarantine", async () => {
    const [ada, ben] = await useTogether({ updates: { minAge: 86_400_000 } });
    ben.goOffline();
    await add(ben, "old");
    await install(ada, "2.0.0");
    await eventually(() => running(ada)).toEqual(["2.0.0"]);
    ben.goOnline();
    await eventually(() => shown(ben)?.standing).toMatchObject({
      name: "ready",
      limited: { code: "plugin/outdated" },
    });
    await eventually(() => shown(ben)?.update?.standing.name).toBe("young");
    await eventually(() => ben.workspace.quarantine.list()).toHaveLength(1);
    await converge();
    expect(await contentOf(ben)).toEqual({
      "ada's": { title: "ada's" },
      "ben's": { title: "ben's" },
    });
    expect(running(ben)).toEqual(["1.0.0"]);
    await ben.host.events.publish("board/add", "damage");
    await add(ada, "new");
    await converge();
    expect(Object.keys(await contentOf(ben)).sort()).toEqual(["ada's", "ben's", "new"]);
    await ben.installed.agree("board", {});
    await eventually(() => running(ben)).toEqual(["2.0.0"]);
    expect(shown(ben)?.standing).toEqual({ name: "ready", limited: undefined });
    await add(ben, "again");
  });
});

describe("a migration that ends half way", () => {
  /** Follows anew on a device, in a workspace that is broken from a point on. */
  async function followBroken(
    device: InstalledDevice,
    breaks: (call: "open" | "undelete", path: string) => boolean,
  ): Promise<void> {
    await device.installed.dispose();
    await device.host.unregister("board");
    const { workspace } = device;
    const check = (call: "open" | "undelete", path: string): void => {
      if (breaks(call, path)) throw new CroftError("link/offline", "broken");
    };
    const broken: Pick<Workspace, "open" | "undelete"> = {
      open(path) {
        check("open", path);
        return workspace.open(path);
      },
      async undelete(path) {
        check("undelete", path);
        return workspace.undelete(path);
      },
    };
    device.installed = await followInstalled({
      workspace: new Proxy(workspace, {
        get: (target, name) =>
          name in broken
            ? Reflect.get(broken, name)
            : typeof Reflect.get(target, name) === "function"
              ? Reflect.get(target, name).bind(target)
              : Reflect.get(target, name),
      }),
      host: device.host,
      load: loadTrusted,
    });
    ended.push(device.installed);
  }

  let isBroken = false;
  it.each([
    [
      "while documents are gone",
      (call: string) => {
        isBroken ||= call === "undelete";
        return call === "undelete";
      },
    ],
    [
      "when some documents were changed",
      (() => {
        let isChanging = false;
        return (call: string, path: string) => {
          isChanging ||= path.endsWith("-changes");
          isBroken ||= isChanging && path === "board/tasks";
          return call === "open" && isChanging && path === "board/tasks";
        };
      })(),
    ],
  ])(
    "%s is ended by another device",
    async (_when, breaks) => {
      isBroken = false;
      const clock = { ...systemClock, now: () => Date.now() + 700_000 };
      const [ada, ben] = await useTogether({ clock, updates: { minAge: 1e9 } });
      await followBroken(ada, breaks);
      await install(ada, "2.0.0");
      await eventually(() => isBroken).toBe(true);
      await ada.installed.dispose();
      await converge();
      await eventually(() => shown(ben)?.update?.standing.name).toBe("young");
      expect(shown(ben)?.record.claims.size).toBe(1);
      await ben.installed.agree("board", {});
      await eventually(() => running(ben)).toEqual(["2.0.0"]);
      await eventually(() => contentOf(ben)).toEqual({
        "ada's": { title: "ada's" },
        "ben's": { title: "ben's" },
      });
      expect(await contentOf(ben, "board/log")).toEqual({ moved: ["board/tasks"] });
      await eventually(() => shown(ben)?.record.claims.size).toBe(0);
    },
    30_000,
  );
});

describe("rolling back", () => {
  it("brings back the code, and the data of before the update, and keeps what was there", async () => {
    const [ada, ben] = await useTogether();
    await install(ada, "2.0.0");
    for (const device of [ada, ben]) {
      await eventually(() => running(device)).toEqual(["2.0.0"]);
    }
    await add(ben, "later");
    await converge();
    ben.goOffline();
    await add(ben, "unsent");
    expect(shown(ada)?.former?.version).toBe("1.0.0");
    await ada.installed.rollBack("board");
    await eventually(() => running(ada)).toEqual(["1.0.0"]);
    expect(shown(ada)).toMatchObject({ standing: { name: "ready" }, update: undefined });
    expect(await contentOf(ada)).toEqual({ "ada's": "ada's", "ben's": "ben's" });
    await add(ada, "onwards");
    ben.goOnline();
    // Others are asked: for them it is an older version than what ran.
    await eventually(() => shown(ben)?.standing).toMatchObject({
      name: "refused",
      error: { code: "plugin/downgrade" },
    });
    await eventually(() => ben.workspace.quarantine.list()).toHaveLength(1);
    await ben.installed.agree("board", {});
    await eventually(() => running(ben)).toEqual(["1.0.0"]);
    await converge();
    expect(await contentOf(ben)).toEqual({
      "ada's": "ada's",
      "ben's": "ben's",
      onwards: "onwards",
    });
    // And forward again, from the data as it is now.
    await install(ada, "2.0.0");
    await eventually(() => running(ada)).toEqual(["2.0.0"]);
    expect(await contentOf(ada)).toMatchObject({ onwards: { title: "onwards" } });
  });

  it("keeps the data that both versions write alike", async () => {
    const [ada] = await useTogether();
    await install(ada, "1.1.0");
    await eventually(() => running(ada)).toEqual(["1.1.0"]);
    await add(ada, "kept");
    await ada.installed.rollBack("board");
    await eventually(() => running(ada)).toEqual(["1.0.0"]);
    expect(await contentOf(ada)).toMatchObject({ kept: "kept" });
    await expect(ada.installed.rollBack("board")).rejects.toMatchObject({ code: "plugin/unknown" });
  });
});
