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
