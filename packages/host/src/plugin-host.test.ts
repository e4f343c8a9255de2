/** The lives of plugins in a host, and what they leave. */

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createPluginHost } from "./index.ts";
import {
  activate,
  ASKS,
  plugin,
  rig,
  stateOf,
  textOf,
  tracked,
  write,
} from "./testing/plugin-host-rig.ts";
import { settle } from "./testing/settle.ts";

describe("the lives of plugins", () => {
  it("are activated after what they need and deactivated before it", async () => {
    const { host, log } = await rig();
    host.register(tracked(log, "calendar", { board: "^1.0.0", dates: "*" }));
    host.register(tracked(log, "board", { dates: "^1.0.0" }));
    host.register(tracked(log, "dates"));
    host.register(tracked(log, "other"));
    await host.activate("calendar");
    expect(log).toEqual(["+dates", "+board", "+calendar"]);
    log.splice(0);
    await host.activate("other");
    await host.deactivate("dates");
    expect(log).toEqual(["+other", "-calendar", "-board", "-dates"]);
    expect(stateOf(host, "other")).toBe("active");
    log.splice(0);
    await host.activate("board");
    await host.unregister("dates");
    expect(log).toEqual(["+dates", "+board", "-board", "-dates"]);
    await expect(host.activate("calendar")).rejects.toMatchObject({
      code: "plugin/dependency",
      message: "calendar cannot be activated: board needs dates ^1.0.0, which is not registered.",
    });
  });

  it("begin by themselves after start, whatever the order of registration", async () => {
    const { host, log, problems } = await rig();
    host.register(tracked(log, "board", { dates: "^1.0.0" }));
    await settle();
    expect(log).toEqual([]);
    await host.start();
    expect(problems.map(({ message }) => message)).toEqual([
      "board cannot be activated: board needs dates ^1.0.0, which is not registered.",
    ]);
    host.register(tracked(log, "calendar", { board: "*" }));
    host.register(tracked(log, "dates"));
    await expect.poll(() => log).toEqual(["+dates", "+board", "+calendar"]);
    expect(problems).toHaveLength(1);
  });

  it("one that fails costs those that need it, and no other", async () => {
    const { host, log, problems } = await rig();
    host.register(
      plugin("bad", {}, () => {
        throw new Error("no luck");
      }),
    );
    host.register(tracked(log, "needs-bad", { bad: "*" }));
    host.register(tracked(log, "other"));
    await host.start();
    expect(log).toEqual(["+other"]);
    expect(host.list().map(({ id, state }) => [id, state.name])).toEqual([
      ["bad", "failed"],
      ["needs-bad", "registered"],
      ["other", "active"],
    ]);
    expect(problems.map(({ code, plugin: id, message }) => [code, id, message])).toEqual([
      ["plugin/failed", "bad", "bad threw in `activate`: no luck"],
      [
        "plugin/dependency",
        "needs-bad",
        "needs-bad needs bad, which failed: bad threw in `activate`: no luck",
      ],
    ]);
    // What failed is not tried again because something else was registered.
    host.register(tracked(log, "late"));
    await expect.poll(() => log).toEqual(["+other", "+late"]);
    expect(problems.filter(({ code }) => code === "plugin/failed")).toHaveLength(1);
  });

  it("circles and unknown ones are refused", async () => {
    const { host, log } = await rig();
    host.register(tracked(log, "a", { b: "*" }));
    host.register(tracked(log, "b", { a: "*" }));
    await expect(host.activate("a")).rejects.toMatchObject({
      message: "a cannot be activated: the plugins a → b → a need each other in a circle.",
    });
    await expect(host.activate("c")).rejects.toMatchObject({ code: "plugin/unknown" });
    expect(() => host.register(tracked(log, "a"))).toThrow(
      expect.objectContaining({ code: "plugin/duplicate", plugin: "a" }),
    );
  });

  it("a plugin for another croft is refused", async () => {
    const { host } = await rig();
    expect(() => host.register(plugin("stats", { engine: "^99.0.0" }))).toThrow(
      /^stats 1\.0\.0 needs croft \^99\.0\.0, and this is \d/,
    );
  });

  it("calls that cross each other end in one state", async () => {
    const { host, log } = await rig();
    host.register(tracked(log, "dates"));
    host.register(tracked(log, "board", { dates: "*" }));
    const calls = [
      host.activate("board"),
      host.deactivate("dates"),
      host.activate("board"),
      host.unregister("dates"),
      host.activate("board"),
    ];
    await Promise.allSettled(calls);
    expect(host.list().map(({ id }) => id)).toEqual(["board"]);
    expect(["registered", "inactive"]).toContain(stateOf(host, "board"));
    expect(log.filter((line) => line === "+dates")).toHaveLength(
      log.filter((line) => line === "-dates").length,
    );
  });

  it("are observable", async () => {
    const { host } = await rig();
    const seen: string[] = [];
    const stop = host.onState((plugins) => {
      expect(plugins).toBe(host.list());
      seen.push(plugins.map(({ id, state }) => `${id} ${state.name}`).join());
    });
    host.register(plugin("stats"));
    await settle();
    expect(host.list()).toBe(host.list());
    await host.activate("stats");
    await host.deactivate("stats");
    await host.unregister("stats");
    await settle();
    stop();
    expect(seen[0]).toBe("stats registered");
    expect(seen).toContain("stats active");
    expect(seen.at(-1)).toBe("");
  });
});

describe("what a deactivation leaves", () => {
  it("is nothing: no listener, no replica, a dead context", async () => {
    const { host, workspace, replicas } = await rig();
    const ended: string[] = [];
    const heard: unknown[] = [];
    const { context } = await activate(host, "stats", ASKS);
    // A plugin without documents costs no replica.
    expect(replicas).toEqual([]);
    const own = context.documents.open("stats/summary");
    expect(replicas).toEqual([{ plugin: "stats", disposed: false }]);
    await own.ready;
    own.doc.getText("body").insert(0, "last words");
    context.subscriptions.add(() => void ended.push("first"));
    context.subscriptions.add({ dispose: async () => void ended.push("second") });
    context.events.subscribe("data_changed", (data) => void heard.push(data));
    context.events.subscribe("stats/x", (data) => void heard.push(data));
    context.signal.addEventListener("abort", () => ended.push("aborted"));
    await host.events.publish("stats/x", "on its way");

    const document = own.doc;
    await host.deactivate("stats");
    expect(ended).toEqual(["aborted", "second", "first"]);
    expect(replicas).toEqual([{ plugin: "stats", disposed: true }]);
    await host.events.publish("stats/x", "too late");
    await write(workspace, "stats/summary", "changed ");
    await settle();
    expect(heard).toEqual([]);
    expect(await textOf(workspace, "stats/summary")).toBe("changed last words");

    const gone = expect.objectContaining({ code: "disposed", plugin: "stats" });
    expect(() => context.documents.open("stats/summary")).toThrow(gone);
    expect(() => context.events.subscribe("stats/x", () => undefined)).toThrow(gone);
    await expect(context.events.publish("stats/x", 1)).rejects.toEqual(gone);
    expect(document.isDestroyed).toBe(true);
    // A handle that was kept says so, instead of taking edits that go nowhere.
    expect(() => own.doc).toThrow(expect.objectContaining({ code: "disposed" }));
    expect(own.state).toMatchObject({ access: "none", live: false });
    context.subscriptions.add(() => void ended.push("late"));
    expect(ended.at(-1)).toBe("late");
  });

  it("a subscription that throws does not keep the others from ending", async () => {
    const { host, problems, replicas } = await rig();
    const ended: string[] = [];
    const { context } = await activate(host, "stats");
    context.documents.open("stats/summary");
    context.subscriptions.add(() => void ended.push("first"));
    context.subscriptions.add(() => {
      throw new Error("no luck");
    });
    await host.deactivate("stats");
    expect(ended).toEqual(["first"]);
    expect(replicas[0]?.disposed).toBe(true);
    expect(problems.map(({ message }) => message)).toEqual([
      "stats threw when a subscription of it was ended: no luck",
    ]);
  });

  it("a failed activation leaves nothing either", async () => {
    const { host, replicas } = await rig();
    host.register(
      plugin("stats", {}, ({ documents, events }) => {
        documents.open("stats/summary");
        events.subscribe("stats/x", () => expect.unreachable());
        throw new Error("no luck");
      }),
    );
    await expect(host.activate("stats")).rejects.toMatchObject({ plugin: "stats" });
    expect(replicas).toEqual([{ plugin: "stats", disposed: true }]);
    await host.events.publish("stats/x", 1);
    await settle();
  });

  it("a plugin that hangs is forced", async () => {
    const { host, replicas, problems } = await rig({ deadlines: { deactivate: 20 } });
    host.register({
      ...plugin("stats", {}, ({ documents }) => void documents.open("stats/summary")),
      deactivate: () => new Promise(() => undefined),
    });
    await host.activate("stats");
    await host.deactivate("stats");
    expect(stateOf(host, "stats")).toBe("inactive");
    expect(replicas).toEqual([{ plugin: "stats", disposed: true }]);
    expect(problems.map(({ message }) => message)).toEqual([
      "stats did not deactivate within 0.02 s.",
    ]);
  });

  it("disposing the host ends everything, dependents first, and leaves the workspace", async () => {
    const { host, workspace, log, replicas } = await rig();
    host.register(tracked(log, "dates"));
    host.register(tracked(log, "board", { dates: "*" }));
    await host.start();
    await Promise.all([host.dispose(), host.dispose()]);
    expect(log).toEqual(["+dates", "+board", "-board", "-dates"]);
    expect(replicas.every(({ disposed }) => disposed)).toBe(true);
    expect(host.list()).toEqual([]);
    expect(() => host.register(tracked(log, "late"))).toThrow(
      expect.objectContaining({ code: "disposed" }),
    );
    await write(workspace, "app/still", "here");
  });
});

it("bad options are refused", async () => {
  const { workspace } = await rig();
  const bad = { workspace, deadlines: { activate: -1 }, topics: { "notes/x": z.string() } };
  expect(() => createPluginHost(bad)).toThrow(
    /^Invalid options of createPluginHost: `deadlines\.activate` .+; `topics` has notes\/x/,
  );
});
