/** What a host measures of its plugins, beside it and at the other end of a port, and what follows. */

import { createMemoryStore, type CroftError, openWorkspace, type Workspace } from "@croft/core";
import { definePlugin, type Plugin, type PluginContext } from "@croft/plugin";
import { servePlugin } from "@croft/plugin/remote";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPluginHost, type PluginHost } from "../plugin-host.ts";
import { createRemotePlugin } from "../remote/remote-plugin.ts";
import type { Budgets } from "./budgets.ts";

// The monitor looks once a second, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });
const patient = { timeout: 15_000 };

let workspace: Workspace;
let host: PluginHost;
let problems: CroftError[];
let context: PluginContext;

beforeEach(async () => {
  problems = [];
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

function open(budgets?: Budgets): void {
  host = createPluginHost({
    workspace,
    budgets,
    onProblem: (problem) => problems.push(problem),
    onLog: () => undefined,
  });
}

function define(activate: (context: PluginContext) => void | Promise<void>): Plugin {
  return definePlugin({
    manifest: { id: "stats", name: "Statistics", version: "1.2.0", engine: "*" },
    async activate(given) {
      context = given;
      await activate(given);
    },
  });
}

/** At the other end of a port, as in a sandbox. */
function apart(plugin: Plugin): Plugin {
  return createRemotePlugin({
    manifest: plugin.manifest,
    workspace,
    host,
    heartbeat: true,
    async openRealm(admission) {
      const { port1, port2 } = new MessageChannel();
      servePlugin(plugin, port2, admission);
      return { port: port1, close: () => port2.close() };
    },
  });
}

const figures = () => host.monitor.list()[0]?.figures;
const state = () => host.list()[0]?.state.name;

describe.each<[string, (plugin: Plugin) => Plugin]>([
  ["beside the host", (plugin) => plugin],
  ["at the other end of a port", apart],
])("a plugin %s", (_where, place) => {
  it("is measured: starts, changes, refusals, errors and documents", async () => {
    open();
    host.register(
      place(
        define(async ({ documents, events }) => {
          const own = documents.open(documents.own("counts"));
          await own.ready;
          own.doc.getMap("counts").set("a", 1);
          await own.saved("device");
          await events.publish("notes/opened", 1).catch(() => undefined);
          await context.network.fetch("https://example.com").catch(() => undefined);
        }),
      ),
    );
    await host.activate("stats");
    expect(figures()).toMatchObject({
      plugin: "stats",
      version: "1.2.0",
      activations: 1,
      crashes: 0,
      updates: 1,
    });
    expect(figures()?.deniedBy).toMatchObject({ network: 1 });
    await expect.poll(() => figures()?.documents, patient).toBe(1);
    expect(figures()?.cache).toEqual({ hits: 0, misses: 1, evictions: 0 });
    context.crashed(new Error("no luck"));
    await expect.poll(() => figures()?.crashes, patient).toBe(1);
    expect(figures()?.lastErrors.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("no luck"),
    );
  });

  it("is told what its documents take on this device, and warned of where that is much", async () => {
    open({ storage: { warn: 5_000 } });
    host.register(
      place(
        define(async ({ documents }) => {
          for (const name of ["a", "b"]) {
            const own = documents.open(documents.own(name));
            own.doc.getText("body").insert(0, "x".repeat(3_000));
            await own.saved("device");
          }
        }),
      ),
    );
    workspace.open("statsbook/other").doc.getText("body").insert(0, "x".repeat(9_000));
    await host.activate("stats");
    await expect.poll(() => figures()?.storage, patient).toBeGreaterThan(6_000);
    expect(figures()?.storage).toBeLessThan(7_000);
    await expect
      .poll(() => problems.map(({ message }) => message), patient)
      .toEqual([expect.stringMatching(/^stats keeps 6\.\d kB/)]);
  });

  it("that writes more than it may is warned of, and suspended with the reason until a person starts it", async () => {
    open({ updates: { warn: 5, suspend: 20 } });
    host.register(
      place(
        define(({ documents, signal }) => {
          const own = documents.open(documents.own("counts"));
          const timer = setInterval(() => own.doc.getMap("counts").set("a", Math.random()), 20);
          signal.addEventListener("abort", () => clearInterval(timer));
        }),
      ),
    );
    await host.activate("stats");
    await expect.poll(state, patient).toBe("suspended");
    const [plugin] = host.list();
    expect(plugin?.trouble ?? plugin?.state).toBeDefined();
    expect(plugin?.state).toMatchObject({
      report: { kind: "budget", mishaps: [{ reason: expect.stringContaining("stats made ") }] },
      error: {
        code: "plugin/suspended",
        message: expect.stringMatching(
          /^stats takes too much and is suspended: stats made \d+ changes/,
        ),
      },
    });
    await host.activate("stats");
    expect(state()).toBe("active");
  });
});

describe("a plugin at the other end of a port", () => {
  it("that sends more than it may is slowed down, and heard as before when that is over", async () => {
    open({ messages: { throttle: 40 } });
    const heard: unknown[] = [];
    host.register(apart(define(() => undefined)));
    await host.activate("stats");
    host.events.subscribe("stats/x", (data) => void heard.push(data));
    for (let n = 0; n < 60; n++) void context.events.publish("stats/x", n);
    await expect
      .poll(() => problems.map(({ code, message }) => `${code} ${message}`), patient)
      .toContainEqual(
        expect.stringMatching(/^plugin\/budget stats sent \d+ messages .*It is slowed down\.$/),
      );
    const before = heard.length;
    for (let n = 0; n < 60; n++) void context.events.publish("stats/x", n);
    // Ten frames in a tenth of a second at most: not all of them are there within that.
    await expect.poll(() => heard.length, { interval: 5, ...patient }).toBeGreaterThan(before);
    expect(heard.length).toBeLessThan(before + 60);
    await expect.poll(() => heard.length, patient).toBe(before + 60);
    expect(state()).toBe("active");
  });

  it("says what it holds its thread for, and the report names it", async () => {
    open();
    host.register(
      apart(
        define(({ events }) => {
          events.subscribe("stats/work", () => {
            for (const until = performance.now() + 400; performance.now() < until;);
          });
        }),
      ),
    );
    await host.activate("stats");
    // Its pulse is taken once, so that it measures from then on.
    await expect.poll(() => figures()?.messages.in, patient).toBeGreaterThan(2);
    await host.events.publish("stats/work", null);
    await expect
      .poll(() => host.monitor.report().map(({ message }) => message), patient)
      .toContainEqual(
        expect.stringMatching(
          /^`stats` held its thread for [\d.]+ m?s in \d+ tasks? while `stats\/work` was published/,
        ),
      );
  });
});

describe("a plugin beside the host", () => {
  it("is measured by how long its listeners take", async () => {
    open();
    host.register(
      define(({ events }) => {
        events.subscribe("stats/work", () => {
          for (const until = performance.now() + 120; performance.now() < until;);
        });
      }),
    );
    await host.activate("stats");
    await host.events.publish("stats/work", null);
    await expect.poll(() => figures()?.holds.ms, patient).toBeGreaterThan(100);
    expect(figures()?.holdsBy[0]?.during).toBe("`stats/work` was published");
  });

  it("is in no report once it is unregistered", async () => {
    open();
    host.register(define(() => undefined));
    await host.activate("stats");
    context.crashed(new Error("no luck"));
    await expect.poll(() => host.monitor.report().length, patient).toBeGreaterThan(0);
    await host.unregister("stats");
    expect([host.monitor.list(), host.monitor.report()]).toEqual([[], []]);
  });

  it("leaves no timer behind when the host ends", async () => {
    open();
    host.register(define(() => undefined));
    await host.activate("stats");
    const heard: unknown[] = [];
    host.monitor.onChange((plugins) => heard.push(plugins));
    await host.dispose();
    // Longer than it would have taken to look again.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(heard).toEqual([]);
  });
});
