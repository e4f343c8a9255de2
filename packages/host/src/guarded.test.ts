/** A host whose application's own listeners throw: nothing of it waits, or stays, because of that. */

import { createMemoryStore, openWorkspace, systemClock, type Workspace } from "@croft/core";
import { definePlugin, type Plugin, type PluginContext } from "@croft/plugin";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { followDevelopment } from "./development/follow-development.ts";
import { guarded } from "./guarded.ts";
import { LOOK_EVERY } from "./monitor/monitor.ts";
import { createPluginHost, type PluginHost, type PluginHostOptions } from "./plugin-host.ts";

let workspace: Workspace;
/** What nobody caught, as the platform reports it. */
let reported: unknown[];

beforeEach(async () => {
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  reported = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => reported.push(error));
  onTestFinished(() => {
    process.removeAllListeners("uncaughtException");
    for (const other of others) process.on("uncaughtException", other);
  });
});
afterEach(() => workspace.dispose());

const own = new Error("the application's own");
const throws = (): never => {
  throw own;
};

function openHost(options: Partial<PluginHostOptions> = {}): PluginHost {
  return createPluginHost({ onProblem: throws, onLog: throws, ...options, workspace });
}

function define(id: string, parts: Partial<Plugin> & { dependencies?: object } = {}): Plugin {
  const { dependencies = {}, ...code } = parts;
  const manifest = {
    id,
    name: id,
    version: "1.0.0",
    engine: "*",
    dependencies: { ...dependencies },
  };
  return { ...definePlugin({ manifest, activate: () => undefined }), ...code };
}

const statesOf = (host: PluginHost) => host.list().map(({ id, state }) => `${id} ${state.name}`);

it("hands everything on, and reports what a listener throws", async () => {
  const heard: string[] = [];
  guarded((...words: readonly string[]) => heard.push(...words))("a", "b");
  expect(heard).toEqual(["a", "b"]);
  guarded(throws)();
  await expect.poll(() => reported).toEqual([own]);
});

it("a plugin whose end does not go well ends all the same, with all that it held", async () => {
  const host = openHost();
  let context: PluginContext | undefined;
  host.register(
    define("stats", {
      activate: (given) => void (context = given),
      deactivate: () => Promise.reject(new Error("no luck")),
    }),
  );
  await host.activate("stats");
  await host.deactivate("stats");
  expect(statesOf(host)).toEqual(["stats inactive"]);
  expect(() => context?.documents.open("stats/a")).toThrow(
    expect.objectContaining({ code: "disposed" }),
  );
  await host.dispose();
  await expect.poll(() => reported).toEqual([own]);
});

it("one that crashes is started again, one that fails has failed, and both may log", async () => {
  const host = openHost({ supervision: { firstRestart: 10, longestWait: 10 } });
  let context: PluginContext | undefined;
  let starts = 0;
  host.register(
    define("stats", {
      activate(given) {
        starts++;
        context = given;
        given.log.info("began");
      },
    }),
  );
  const bad = define("bad", { activate: () => Promise.reject(new Error("no luck")) });
  host.register(bad);
  await host.start();
  expect(statesOf(host)).toEqual(["stats active", "bad failed"]);
  context?.crashed(new Error("gone"));
  await expect.poll(() => starts).toBe(2);
  await host.dispose();
});

it("the host ends everything, though one of its plugins does not end as it should", async () => {
  const host = openHost();
  const ended: string[] = [];
  for (const id of ["a", "b"]) {
    host.register(
      define(id, {
        deactivate() {
          ended.push(id);
          throw new Error("no luck");
        },
      }),
    );
  }
  await host.start();
  await host.dispose();
  expect(ended).toEqual(["a", "b"]);
  expect(() => host.register(define("c"))).toThrow(expect.objectContaining({ code: "disposed" }));
});

it("budgets are watched on after a warning", async () => {
  const looks: (() => void)[] = [];
  const host = openHost({
    budgets: { denied: { warn: 0 } },
    clock: {
      ...systemClock,
      delay(ms, run) {
        if (ms !== LOOK_EVERY) return systemClock.delay(ms, run);
        looks.push(run);
        return () => undefined;
      },
    },
  });
  host.register(
    define("stats", {
      activate: ({ events }) => events.publish("notes/opened", 1).catch(() => undefined),
    }),
  );
  await host.activate("stats");
  expect(looks).toHaveLength(1);
  looks[0]?.();
  expect(looks).toHaveLength(2);
  await host.dispose();
  await expect.poll(() => reported).toEqual([own]);
});

it("a plugin that is being written is asked for on", async () => {
  const host = openHost({ onProblem: () => undefined });
  const ending = new AbortController();
  let pauses = 0;
  const following = followDevelopment({
    // Nobody listens there.
    url: "http://127.0.0.1:9",
    workspace,
    host,
    load: throws,
    signal: ending.signal,
    onProblem: throws,
    clock: {
      delay(_ms, run) {
        pauses++;
        queueMicrotask(pauses === 3 ? () => ending.abort() : run);
        return () => undefined;
      },
    },
  });
  await following;
  expect(pauses).toBe(3);
  await expect.poll(() => reported).toEqual([own]);
  await host.dispose();
});
