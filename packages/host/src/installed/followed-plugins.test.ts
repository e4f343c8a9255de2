/** Following what is installed, where something goes wrong: what is not concerned goes on, and nothing hangs. */

import {
  createMemoryStore,
  type CroftError,
  openWorkspace,
  systemClock,
  type Workspace,
} from "@croft/core";
import {
  definePlugin,
  parseManifest,
  type Plugin,
  type PluginManifest,
  type PluginManifestInput,
} from "@croft/plugin";
import { packPlugin } from "@croft/plugin/package";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Permissions } from "../permissions.ts";
import { createPluginHost, type PluginHost } from "../plugin-host.ts";
import { followInstalled, type InstalledPlugins } from "./installed-plugins.ts";
import type { Offer } from "./offer.ts";

const MANIFEST: Omit<PluginManifestInput, "id" | "name"> = {
  version: "1.0.0",
  engine: "*",
  permissions: { documents: [{ pattern: "notes/*", access: "read", reason: "To count." }] },
};
const ASKED: Permissions = { documents: [{ pattern: "notes/*", access: "read" }] };

let workspace: Workspace;
let host: PluginHost;
let installed: InstalledPlugins;
let problems: CroftError[];
/** How many documents are open. */
let open: number;

beforeEach(async () => {
  problems = [];
  open = 0;
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  const opening = workspace.open.bind(workspace);
  vi.spyOn(workspace, "open").mockImplementation((path) => {
    const handle = opening(path);
    const close = handle.close.bind(handle);
    open++;
    vi.spyOn(handle, "close").mockImplementationOnce(() => {
      open--;
      close();
    });
    return handle;
  });
  host = createPluginHost({ workspace, onProblem: (problem) => problems.push(problem) });
  await host.start();
});
afterEach(async () => {
  await installed.dispose();
  await host.dispose();
  await workspace.dispose();
});

const plain = (manifest: PluginManifest): Plugin =>
  definePlugin({ manifest, activate: () => undefined });

async function follow(make: (manifest: PluginManifest) => Plugin = plain): Promise<void> {
  installed = await followInstalled({
    workspace,
    host,
    allowUnsigned: true,
    load: async ({ manifest }) => make(manifest),
    onProblem: (problem) => problems.push(problem),
  });
}

async function offer(id: string, version = "1.0.0"): Promise<Offer> {
  const bytes = await packPlugin({
    manifest: { ...MANIFEST, id, name: id, version },
    files: new Map([["main.js", new TextEncoder().encode("export default {};")]]),
  });
  return installed.examine(bytes);
}

async function install(id: string, version?: string): Promise<void> {
  const offered = await offer(id, version);
  await installed.install(offered, offered.manifest.permissions);
}

/** What becomes of a promise that may not come to an end. */
function watch(promise: Promise<unknown>): { readonly state: string } {
  const watched = { state: "pending" };
  promise.then(
    () => (watched.state = "resolved"),
    () => (watched.state = "rejected"),
  );
  return watched;
}

describe("one plugin that goes wrong", () => {
  const running = (): readonly string[] =>
    host.list().map(({ id, manifest }) => `${id} ${manifest.version}`);
  const standings = (): readonly string[] =>
    installed.list().map(({ id, standing }) => `${id} ${standing.name}`);

  it("is there again, with what it was granted, when somebody else unregistered it", async () => {
    await follow();
    await install("stats");
    await host.unregister("stats");
    await install("other");
    expect(running()).toEqual(["other 1.0.0", "stats 1.0.0"]);
    expect(host.list()[1]?.granted.documents).toEqual(ASKED.documents);
    await host.unregister("stats");
    await installed.setEnabled("stats", false);
    expect(running()).toEqual(["other 1.0.0"]);
    await host.unregister("other");
    await installed.uninstall("other");
    expect([running(), standings(), problems]).toEqual([[], ["stats disabled"], []]);
  });

  it("is refused while another plugin has its id, which is neither granted anything nor ended", async () => {
    await follow();
    await install("stats");
    await host.unregister("stats");
    host.register(plain(parseManifest({ ...MANIFEST, id: "stats", name: "Ours" })));
    await install("other");
    expect(standings()).toEqual(["other ready", "stats refused"]);
    expect(host.list()[0]).toMatchObject({
      manifest: { name: "Ours" },
      granted: { documents: [] },
    });
    expect(installed.list()[1]?.standing).toMatchObject({ error: { code: "plugin/duplicate" } });
    await installed.setEnabled("stats", false);
    expect(running()).toEqual(["stats 1.0.0", "other 1.0.0"]);
    await host.unregister("stats");
    await installed.setEnabled("stats", true);
    expect(standings()).toEqual(["other ready", "stats ready"]);
    expect(host.list()[1]?.granted.documents).toEqual(ASKED.documents);
    expect(problems).toEqual([]);
  });

  it("goes on in the version before when the host does not take its update, until it is asked for again", async () => {
    let loaded = 0;
    await follow((manifest) => {
      loaded++;
      return plain(manifest);
    });
    await install("stats");
    const register = vi.spyOn(host, "register").mockImplementationOnce(() => {
      throw new Error("no luck");
    });
    await install("stats", "1.1.0");
    expect(running()).toEqual(["stats 1.0.0"]);
    expect(host.list()[0]?.granted.documents).toEqual(ASKED.documents);
    const error = {
      code: "plugin/failed",
      plugin: "stats",
      message: expect.stringContaining("no luck"),
    };
    expect(installed.list()).toMatchObject([
      { standing: { name: "ready" }, update: { standing: { name: "refused", error } } },
    ]);
    expect(problems).toMatchObject([error]);
    // Not ended time and again for the sake of what others do.
    await install("other");
    expect([register.mock.calls.length, loaded]).toEqual([3, 3]);
    await installed.agree("stats", ASKED);
    expect(running()).toEqual(["other 1.0.0", "stats 1.1.0"]);
    expect(problems).toHaveLength(1);
  });

  it("of which the loader makes another plugin is refused", async () => {
    await follow((manifest) => plain({ ...manifest, id: "other" }));
    await install("stats");
    expect([running(), standings()]).toEqual([[], ["stats refused"]]);
    expect(problems).toMatchObject([{ code: "plugin/failed" }]);
  });

  it("that cannot be ended keeps no other one from being installed", async () => {
    await follow();
    await install("stats");
    vi.spyOn(host, "unregister").mockRejectedValueOnce(new Error("no luck"));
    await installed.uninstall("stats");
    await install("other");
    expect([running(), standings()]).toEqual([["other 1.0.0"], ["other ready"]]);
    expect(problems).toMatchObject([{ message: "stats cannot be ended: no luck" }]);
  });

  it("is refused with the reason, which is told once, and the others are settled", async () => {
    await follow();
    await install("stats");
    const real = host.grant.bind(host);
    const grant = vi.spyOn(host, "grant").mockImplementation((id, permissions) => {
      if (id === "stats") throw new Error("no luck");
      real(id, permissions);
    });
    await install("stats", "1.1.0");
    await install("other");
    const error = { code: "plugin/failed", message: "stats cannot be followed: no luck" };
    expect(standings()).toEqual(["other ready", "stats refused"]);
    // It would not be as the person wants it.
    expect(running()).toEqual(["other 1.0.0"]);
    expect(installed.list()[1]).toMatchObject({ manifest: { id: "stats" }, standing: { error } });
    expect(problems).toMatchObject([{ ...error, plugin: "stats" }]);
    grant.mockRestore();
    await installed.setEnabled("other", false);
    expect([running(), standings()]).toEqual([["stats 1.1.0"], ["other disabled", "stats ready"]]);
    expect(host.list()[0]?.granted.documents).toEqual(ASKED.documents);
  });
});

describe("a loader that hangs", () => {
  it("is given up after a while: the others are installed, and what ran goes on", async () => {
    const late: (() => void)[] = [];
    const signals: (AbortSignal | undefined)[] = [];
    installed = await followInstalled({
      workspace,
      host,
      allowUnsigned: true,
      load: ({ manifest }, { signal }) => {
        if (manifest.version === "1.0.0") return Promise.resolve(plain(manifest));
        signals.push(signal);
        return new Promise(() => undefined);
      },
      onProblem: (problem) => problems.push(problem),
      clock: {
        ...systemClock,
        delay(ms, run) {
          if (ms === 30_000) late.push(run);
          return ms === 30_000 ? () => undefined : systemClock.delay(ms, run);
        },
      },
    });
    await install("stats");
    const updating = install("stats", "1.1.0");
    const other = install("other");
    await expect.poll(() => signals).toHaveLength(1);
    expect(signals[0]?.aborted).toBe(false);
    late.at(-1)?.();
    await Promise.all([updating, other]);
    expect(signals[0]?.aborted).toBe(true);
    expect(host.list().map(({ id, manifest }) => `${id} ${manifest.version}`)).toEqual([
      "stats 1.0.0",
      "other 1.0.0",
    ]);
    expect(installed.list()[1]).toMatchObject({
      standing: { name: "ready" },
      update: { standing: { name: "refused", error: { code: "plugin/timeout" } } },
    });
    // Once is enough: others would wait behind it each time.
    await installed.setEnabled("other", false);
    expect(signals).toHaveLength(1);
    expect(problems).toMatchObject([{ code: "plugin/timeout", plugin: "stats" }]);
  });

  it("keeps nobody from ending", async () => {
    let signal: AbortSignal | undefined;
    installed = await followInstalled({
      workspace,
      host,
      allowUnsigned: true,
      load: (_found, context) => {
        signal = context.signal;
        return new Promise(() => undefined);
      },
      onProblem: (problem) => problems.push(problem),
    });
    const installing = install("stats");
    await expect.poll(() => signal).toBeDefined();
    const ending = installed.dispose();
    await expect(installing).rejects.toMatchObject({ code: "disposed" });
    await ending;
    expect([signal?.aborted, open]).toEqual([true, 0]);
    expect(host.list()).toEqual([]);
    expect(problems).toEqual([]);
  });
});

describe("the end of following", () => {
  it("is there when what is under way is done, for all who ask for it", async () => {
    const ended = Promise.withResolvers<void>();
    await follow((manifest) => ({ ...plain(manifest), deactivate: () => ended.promise }));
    await install("stats");
    await expect.poll(() => host.list()[0]?.state.name).toBe("active");
    const switching = installed.setEnabled("stats", false);
    await expect.poll(() => host.list()[0]?.state.name).toBe("deactivating");
    const both = [installed.dispose(), installed.dispose()];
    const states = both.map(watch);
    // As long as a look into the store takes: who does not wait for the plugin has resolved by then.
    await workspace.list("");
    expect(states.map(({ state }) => state)).toEqual(["pending", "pending"]);
    ended.resolve();
    await Promise.all(both);
    await switching.catch(() => undefined);
    expect(open).toBe(0);
  });

  it("leaves nothing open, though what was under way failed", async () => {
    await follow();
    await install("stats");
    const failing = Promise.withResolvers<void>();
    const unregister = vi.spyOn(host, "unregister").mockReturnValueOnce(failing.promise);
    const switching = watch(installed.setEnabled("stats", false));
    await expect.poll(() => unregister.mock.calls).toHaveLength(1);
    const ending = installed.dispose();
    failing.reject(new Error("no luck"));
    await ending;
    expect(open).toBe(0);
    await expect.poll(() => switching.state).toBe("rejected");
  });

  it("is told to who wants something afterwards", async () => {
    await follow();
    await install("stats");
    const offered = await offer("other");
    await installed.dispose();
    const revocation = { id: "a", target: "package", reason: "It is broken." } as const;
    const bytes = new Uint8Array();
    const wanted = [
      installed.examine(bytes),
      installed.install(offered, {}),
      installed.agree("stats", {}),
      installed.setEnabled("stats", false),
      installed.rollBack("stats"),
      installed.uninstall("stats"),
      installed.exportData("stats"),
      installed.importData(bytes),
      installed.revoke(revocation),
    ];
    const message = "The installed plugins are not followed any more.";
    const refused = { status: "rejected", reason: { code: "disposed", message } };
    expect(await Promise.allSettled(wanted)).toMatchObject(wanted.map(() => refused));
    // What was shown is still there to be shown.
    expect(installed.list()).toHaveLength(1);
    expect(problems).toEqual([]);
  });
});
