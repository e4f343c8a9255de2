/** That what goes wrong comes with what a person can do about it. */

import { createMemoryStore, CroftError, openWorkspace, type Workspace } from "@croft/core";
import { defineApi, definePlugin, type Plugin, type PluginContext } from "@croft/plugin";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import { createPluginHost, type PluginHost } from "./plugin-host.ts";

let workspace: Workspace;
let host: PluginHost;

beforeEach(async () => {
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  const network = { fetch: () => Promise.reject(new TypeError("failed to fetch")) };
  host = createPluginHost({ workspace, network, onProblem: () => undefined });
});
afterEach(async () => {
  await host.dispose();
  await workspace.dispose();
});

const ANY = { input: z.unknown(), output: z.unknown() };
const COUNTS = defineApi("stats/counts", { now: ANY });
const NETWORK = { network: [{ origin: "https://example.com", reason: "To look it up." }] };

function stats(activate: (context: PluginContext) => void | Promise<void>): Plugin {
  return definePlugin({
    manifest: {
      id: "stats",
      name: "Statistics",
      version: "1.0.0",
      engine: "*",
      activation: [],
      apis: [{ name: "counts" }],
      permissions: NETWORK,
      contributes: {
        commands: [{ name: "stats/count", title: "Count" }],
        settings: [{ name: "goal", title: "Goal", type: "number", default: 5 }],
        views: [{ name: "stats/words", title: "Words" }],
      },
    },
    activate,
  });
}

/** What the plugin's own code runs into. */
async function inside(run: (context: PluginContext) => unknown): Promise<unknown> {
  let outcome: unknown;
  host.register(
    stats(async (context) => {
      outcome = await Promise.resolve()
        .then(() => run(context))
        .catch((error: unknown) => error);
    }),
  );
  host.grant("stats", NETWORK);
  await host.activate("stats");
  throw outcome;
}

const call = () => host.apis.use(COUNTS).now(undefined);
const withStats = (activate: (context: PluginContext) => void | Promise<void>) => {
  host.register(stats(activate));
  return host;
};

it.each<[string, () => unknown, string]>([
  ["activates what is not there", () => host.activate("stats"), "Register it first"],
  ["shows a form of what is not there", () => host.settings.form("stats"), "Register it first"],
  [
    "reads a setting that is not there",
    () => withStats(() => undefined).settings.get("stats", "aim"),
    "It has: goal.",
  ],
  [
    "sets what does not fit",
    () => withStats(() => undefined).settings.set("stats", "goal", "much"),
    "Give another value, or `undefined` for the default.",
  ],
  [
    "publishes what is croft's",
    () => host.events.publish("data_changed", 1 as never),
    "Publish to a topic that starts with `app/`.",
  ],
  [
    "activates what throws",
    () => withStats(() => Promise.reject(new Error("no luck"))).activate("stats"),
    "Update it if there is a newer version, or tell its author of this.",
  ],
  ["calls an API of nobody", call, "Install stats."],
  [
    "calls an API that is not provided",
    () => withStats(() => undefined) && call(),
    "It declares the API and does not provide it: tell the author of stats.",
  ],
  [
    "calls an API of what cannot be activated",
    () => withStats(() => Promise.reject(new Error("no luck"))) && call(),
    "Update it if there is a newer version, or tell its author of this.",
  ],
  [
    "gets from an API what is no data",
    () => withStats(({ apis }) => void apis.provide(COUNTS, { now: () => () => 1 })) && call(),
    "Hand over values, lists, plain objects and `Uint8Array`.",
  ],
  [
    "waits in vain, without a number",
    () => host.apis.use(COUNTS).now(undefined, { timeout: 0 }),
    "Leave it out for 10000 ms.",
  ],
  [
    "asks a server that is not reached",
    () => inside(({ network }) => network.fetch("https://example.com/")),
    "Look whether this device has a network",
  ],
  [
    "provides half of an API",
    () => inside(({ apis }) => apis.provide(COUNTS, {} as never)),
    "Give `provide` a function for each of the contract.",
  ],
  [
    "registers a handler twice",
    () =>
      inside(({ commands }) => {
        for (const n of [1, 2]) commands.register("stats/count", () => n);
      }),
    "Take that one back first, with the function that `register` returned.",
  ],
  [
    "defines a view twice",
    () =>
      inside(({ views }) => {
        for (const n of [1, 2]) views.define("stats/words", () => `${n}`);
      }),
    "Define it once, and call `update` of what that returned.",
  ],
])("who %s is told what to do next", async (_what, run, hint) => {
  const error: unknown = await Promise.resolve()
    .then(run)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CroftError);
  expect(error).toMatchObject({ hint: expect.stringContaining(hint) });
});
