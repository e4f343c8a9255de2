/** A host over a real workspace and a clock that is moved by hand, and plugins in it that can be made to crash. */

import { createMemoryStore, type CroftError, openWorkspace, type Workspace } from "@croft/core";
import { defineApi, definePlugin, type Plugin, type PluginContext } from "@croft/plugin";
import { afterEach, beforeEach, expect } from "vitest";
import * as z from "zod";
import { LiveHost } from "../live-host.ts";
import { createPluginHost, type PluginHostOptions, type PluginStatus } from "../plugin-host.ts";
import type { MountedView } from "../views/mounted-view.ts";
import type { OpenSurface } from "../views/surface.ts";
import { createManualClock, type ManualClock } from "./manual-clock.ts";

/** Fields of a manifest. */
export type Fields = Partial<Parameters<typeof definePlugin>[0]["manifest"]>;

/** See {@link setUpSupervision}; new for each test. */
export interface Supervised {
  readonly workspace: Workspace;
  readonly clock: ManualClock;
  readonly problems: CroftError[];
  /** What `tracked` plugins did. */
  readonly log: string[];
  /** The running activation of each plugin that has one. */
  readonly running: Map<string, PluginContext>;
  readonly openHost: (options?: Partial<PluginHostOptions>) => LiveHost;
  /** A plugin that writes down when it is activated (`+id`) and deactivated (`-id`), and can be made to crash. */
  readonly tracked: (id: string, fields?: Fields, activate?: Activate) => Plugin;
  /** One that is started by its view, its command and its API alone. */
  readonly callable: (fields?: Fields) => Plugin;
  readonly crash: (id: string, why: string) => void;
}

type Activate = (context: PluginContext) => void | Promise<void>;

/** Sets the rig up before each test of a file, and ends it afterwards; then no timer may be left. */
export function setUpSupervision(): Supervised {
  let workspace: Workspace;
  let clock: ManualClock;
  let problems: CroftError[];
  let log: string[];
  let hosts: LiveHost[];
  let running: Map<string, PluginContext>;
  beforeEach(async () => {
    clock = createManualClock();
    [problems, log, hosts, running] = [[], [], [], new Map()];
    workspace = await openWorkspace({
      id: "acme",
      user: "ada",
      store: async () => createMemoryStore(),
    });
  });
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.dispose()));
    await workspace.dispose();
    if (clock.waits.length > 0) throw new Error(`${clock.waits.length} timers are left`);
  });
  const tracked: Supervised["tracked"] = (id, fields = {}, activate = () => undefined) =>
    definePlugin({
      manifest: { id, name: id, version: "1.0.0", engine: "*", ...fields },
      activate(context) {
        log.push(`+${id}`);
        running.set(id, context);
        return activate(context);
      },
      deactivate: () => void log.push(`-${id}`),
    });
  return {
    get workspace() {
      return workspace;
    },
    get clock() {
      return clock;
    },
    get problems() {
      return problems;
    },
    get log() {
      return log;
    },
    get running() {
      return running;
    },
    tracked,
    callable: (fields = {}) =>
      tracked("stats", { ...CALLABLE, ...fields }, ({ apis, commands, views }) => {
        apis.provide(COUNTS, { now: () => 7 });
        commands.register("stats/count", () => 7);
        views.define("stats/words", () => "7 words");
      }),
    crash(id, why) {
      const context = running.get(id);
      if (!context) throw new Error(`${id} does not run`);
      context.crashed(new Error(why));
    },
    openHost(options = {}) {
      const host = createPluginHost({
        onProblem: (problem) => problems.push(problem),
        onLog: () => undefined,
        clock,
        ...options,
        workspace,
      });
      // What only the host's own parts call is tested here too.
      if (!(host instanceof LiveHost)) throw new Error("another host");
      hosts.push(host);
      return host;
    },
  };
}

export const COUNTS = defineApi("stats/counts", {
  now: { input: z.undefined(), output: z.number() },
});

const CALLABLE: Fields = {
  activation: ["view:stats/words"],
  apis: [{ name: "counts", description: "Counts." }],
  contributes: {
    commands: [{ name: "stats/count", title: "Count" }],
    views: [{ name: "stats/words", title: "Words" }],
  },
};

/** The view of `callable`, in a place that shows whatever it is told to. */
export function showWords(host: LiveHost): MountedView {
  const place: OpenSurface = ({ tell }) => {
    tell({ shown: true });
    return {
      setSurroundings: () => undefined,
      setShortcuts: () => undefined,
      focus: () => undefined,
      dispose: () => undefined,
    };
  };
  return host.views.mount("stats/words", place, { lang: "en" });
}

export function statusOf(host: LiveHost, id: string): PluginStatus {
  const status = host.list().find((each) => each.id === id);
  if (!status) throw new Error(`${id} is not registered`);
  return status;
}

export function stateOf(host: LiveHost, id: string): PluginStatus["state"] | undefined {
  return host.list().find((each) => each.id === id)?.state;
}

export async function untilState(host: LiveHost, id: string, name: string): Promise<void> {
  await expect.poll(() => stateOf(host, id)?.name, { timeout: 10_000, interval: 1 }).toBe(name);
}
