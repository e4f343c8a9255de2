/** What the place of a view says of its plugin: that it comes, that it does not, and why. */

import { createMemoryStore, type CroftError, openWorkspace, type Workspace } from "@croft/core";
import {
  definePlugin,
  type Plugin,
  type PluginContext,
  type PluginManifestInput,
} from "@croft/plugin";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createPluginHost, type PluginHost, type PluginHostOptions } from "../plugin-host.ts";
import type { MountedView } from "./mounted-view.ts";
import type { OpenSurface } from "./surface.ts";

let workspace: Workspace;
let host: PluginHost;
let problems: CroftError[];
/** Each start of a plugin. */
let starts: string[];
/** What is wrong with a plugin's `activate` now. */
let broken: Set<string>;
/** The latest activation of each plugin. */
let contexts: Map<string, PluginContext>;

beforeEach(async () => {
  [problems, starts, broken, contexts] = [[], [], new Set(), new Map()];
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
});
afterEach(async () => {
  await host.dispose();
  await workspace.dispose();
});

function openHost(options: Partial<PluginHostOptions> = {}): void {
  host = createPluginHost({
    onProblem: (problem) => problems.push(problem),
    onLog: () => undefined,
    ...options,
    workspace,
  });
}

function define(id: string, manifest: Partial<PluginManifestInput> = {}): Plugin {
  return definePlugin({
    manifest: { id, name: id, version: "1.0.0", engine: "*", activation: [], ...manifest },
    activate(context) {
      starts.push(id);
      contexts.set(id, context);
      if (broken.has(id)) throw new Error("no luck");
      for (const { name } of context.manifest.contributes.views) {
        context.views.define(name, () => "Words");
      }
    },
  });
}

/** One with the view `stats/words`, which wakes it. */
const stats = (manifest: Partial<PluginManifestInput> = {}): Plugin =>
  define("stats", {
    activation: ["view:stats/words"],
    contributes: { views: [{ name: "stats/words", title: "Words" }] },
    ...manifest,
  });

/** A place that shows whatever it is told to. */
const place: OpenSurface = ({ tell }) => {
  tell({ shown: true });
  return {
    setSurroundings: () => undefined,
    setShortcuts: () => undefined,
    focus: () => undefined,
    dispose: () => undefined,
  };
};

const mount = (): MountedView => host.views.mount("stats/words", place, { lang: "en" });
const named = (view: MountedView) => expect.poll(() => view.state.name);
const reasonOf = ({ state }: MountedView) => (state.name === "failed" ? state.error.message : "");

it("a view of a plugin that is suspended says why, and comes when a person starts the plugin", async () => {
  openHost({ supervision: { crashes: 1 } });
  host.register(stats());
  await host.start();
  const view = mount();
  await named(view).toBe("shown");
  contexts.get("stats")?.crashed(new Error("gone"));
  await named(view).toBe("failed");
  expect(view.state).toMatchObject({ error: { code: "plugin/suspended", plugin: "stats" } });
  await host.activate("stats");
  await named(view).toBe("shown");
  await host.deactivate("stats");
  await named(view).toBe("waiting");
});

it("a view of a plugin that lacks another one says which, also where it does not wake its plugin", async () => {
  openHost();
  host.register(stats({ activation: [], dependencies: { dates: "*" } }));
  await host.start();
  const view = mount();
  await named(view).toBe("failed");
  expect(view.state).toMatchObject({ error: { code: "plugin/dependency", plugin: "stats" } });
  expect(reasonOf(view)).toContain("stats needs dates");
  host.register(define("dates"));
  await named(view).toBe("waiting");
  expect(starts).toEqual([]);
  await host.activate("stats");
  await named(view).toBe("shown");
});

it("a view wakes its plugin once, and does not start what failed whenever anything changes", async () => {
  openHost();
  broken.add("dates");
  host.register(define("dates"));
  host.register(stats({ dependencies: { dates: "*" } }));
  const reads = {
    documents: [{ pattern: "notes/*", access: "read", reason: "To look." }],
  } as const;
  host.register(define("other", { permissions: reads }));
  await host.start();
  const view = mount();
  await named(view).toBe("failed");
  const states: string[] = [];
  view.onState(({ name }) => states.push(name));
  for (let n = 0; n < 4; n++) {
    host.grant("other", reads);
    await changed();
    host.revoke("other");
    await changed();
  }
  expect([starts, states]).toEqual([["dates"], []]);
  expect(reasonOf(view)).toContain("stats needs dates, which failed: dates threw");

  // A person starts it, in vain at first.
  await expect(host.activate("dates")).rejects.toMatchObject({ code: "plugin/failed" });
  await named(view).toBe("failed");
  expect(starts).toEqual(["dates", "dates"]);
  broken.clear();
  await host.activate("dates");
  await named(view).toBe("shown");
});

it("a view wakes its plugin again when another build of it is there", async () => {
  openHost();
  host.register(stats({ dependencies: { dates: "*" } }));
  await host.start();
  const view = mount();
  await named(view).toBe("failed");
  await host.unregister("stats");
  await named(view).toBe("waiting");
  host.register(stats());
  await named(view).toBe("shown");
  expect(starts).toEqual(["stats"]);
});

/** Resolves when the host told of what has changed, and everything happened that follows. */
async function changed(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
