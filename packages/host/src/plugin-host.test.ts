import {
  createMemoryStore,
  CroftError,
  type Disposable,
  type DocumentHandle,
  openWorkspace,
  parseDocPath,
  type Workspace,
} from "@croft/core";
import { type DataChanged, definePlugin, type Plugin, type PluginContext } from "@croft/plugin";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createPluginHost,
  type HostedWorkspace,
  type PluginHost,
  type PluginHostOptions,
} from "./index.ts";

const opened: { host: Disposable; workspace: Disposable }[] = [];

afterEach(async () => {
  for (const { host, workspace } of opened.splice(0)) {
    await host.dispose();
    await workspace.dispose();
  }
});

describe("what a plugin reaches", () => {
  it("its own subtree", async () => {
    const { host, workspace } = await rig();
    const { context } = await activate(host, "stats");
    const own = context.documents.open(context.documents.own("summary"));
    expect(own.path).toBe("stats/summary");
    await own.ready;
    expect(own.state.access).toBe("write");
    own.doc.getText("body").insert(0, "7 words");
    await own.saved("device");
    const seen = workspace.open("stats/summary");
    await expect.poll(() => text(seen)).toBe("7 words");
  });

  it("not another plugin's path: no content, and edits are denied and taken back", async () => {
    const { host, workspace } = await rig();
    const page = await write(workspace, "notes/pages/1", "secret");
    const { context } = await activate(host, "stats", ASKS);
    const handle = context.documents.open("notes/pages/1");
    await handle.ready;
    expect(handle.state.access).toBe("none");
    expect(text(handle)).toBe("");

    const denial = new Promise<string>((resolve) =>
      handle.onDenied(({ reason }) => resolve(reason)),
    );
    handle.doc.getText("body").insert(0, "mine now");
    const saved = handle.saved("device");
    await expect(saved).rejects.toMatchObject({ code: "access/denied", path: "notes/pages/1" });
    expect(await denial).toMatch(/\w/);
    await expect.poll(() => text(handle)).toBe("");
    expect(text(page)).toBe("secret");
  });

  it("with a grant what was granted, and at once nothing when it is revoked", async () => {
    const { host, workspace } = await rig();
    const page = await write(workspace, "notes/pages/1", "Hello");
    const { context } = await activate(host, "stats", ASKS);
    const handle = context.documents.open("notes/pages/1");
    await handle.ready;

    host.grant("stats", { documents: [{ pattern: "notes/pages/*", access: "read" }] });
    await expect.poll(() => text(handle)).toBe("Hello");
    expect(handle.state.access).toBe("read");
    handle.doc.getText("body").insert(0, "> ");
    await expect(handle.saved("device")).rejects.toMatchObject({ code: "access/denied" });
    await expect.poll(() => text(handle)).toBe("Hello");

    host.grant("stats", ASKS.permissions);
    await expect.poll(() => handle.state.access).toBe("write");
    handle.doc.getText("body").insert(0, "> ");
    await handle.saved("device");
    await expect.poll(() => text(page)).toBe("> Hello");

    host.revoke("stats");
    await expect.poll(() => handle.state.access).toBe("none");
    page.doc.getText("body").insert(0, "After. ");
    await page.saved("device");
    handle.doc.getText("body").insert(0, "too late ");
    await expect(handle.saved("device")).rejects.toMatchObject({ code: "access/denied" });
    expect(text(page)).toBe("After. > Hello");
    expect(text(handle)).not.toContain("After.");
    // Also without a server: what it typed while it might is a person's to decide.
    const kept = await workspace.quarantine.list(parseDocPath("notes/pages/1"));
    expect(kept).toMatchObject([
      { author: "ada/stats@1.0.0", code: "no-access" },
      { author: "ada/stats@1.0.0", code: "no-access" },
    ]);
    const [, late] = kept;
    if (!late) throw new Error("nothing is kept");
    const { withEdits } = await workspace.quarantine.read(late.id);
    expect(withEdits.getText("body").toString()).toContain("too late ");
  });

  it("only what it asked for can be granted", async () => {
    const { host } = await rig();
    host.register(plugin("stats", ASKS));
    expect(() =>
      host.grant("stats", { documents: [{ pattern: "tasks/**", access: "read" }] }),
    ).toThrow(expect.objectContaining({ code: "input/invalid", plugin: "stats" }));
    expect(host.list()[0]?.granted.documents).toEqual([]);
  });

  it("nothing any more once it was unregistered, and registered again", async () => {
    const { host, workspace } = await rig();
    await write(workspace, "notes/pages/1", "Hello");
    host.register(plugin("stats", ASKS));
    host.grant("stats", ASKS.permissions);
    await host.unregister("stats");
    const principal = { user: "ada", plugin: "stats", grants: [] };
    expect(workspace.gate.check(principal, parseDocPath("notes/pages/1")).access).toBe("none");
    const { context } = await activate(host, "stats", ASKS);
    const handle = context.documents.open("notes/pages/1");
    await handle.ready;
    expect(handle.state.access).toBe("none");
  });
});

describe("data_changed", () => {
  it("tells which document changed, by whom, and whether by the plugin itself", async () => {
    const { host, workspace } = await rig();
    const heard: DataChanged[] = [];
    const { context } = await activate(host, "stats", ASKS);
    context.events.subscribe("data_changed", (change) => void heard.push(change));
    host.grant("stats", ASKS.permissions);
    await write(workspace, "notes/pages/1", "Hello");
    await expect
      .poll(() => heard)
      .toEqual([{ path: "notes/pages/1", author: "ada", origin: "device", byThisPlugin: false }]);
    heard.splice(0);
    const own = context.documents.open("stats/summary");
    await own.ready;
    own.doc.getMap("words").set("notes/pages/1", 1);
    await expect
      .poll(() => heard)
      .toEqual([
        { path: "stats/summary", author: "ada/stats@1.0.0", origin: "device", byThisPlugin: true },
      ]);
  });

  it("keeps silent about what the plugin may not read, from the moment of a revocation", async () => {
    const { host, workspace } = await rig();
    const heard: string[] = [];
    const { context } = await activate(host, "stats", ASKS);
    context.events.subscribe("data_changed", ({ path }) => void heard.push(path));
    const told: string[] = [];
    host.events.subscribe("data_changed", ({ path }) => void told.push(path));
    await write(workspace, "notes/pages/1", "Hello");
    await expect.poll(() => told).toEqual(["notes/pages/1"]);
    host.grant("stats", ASKS.permissions);
    await write(workspace, "notes/pages/2", "Hello");
    await expect.poll(() => heard).toEqual(["notes/pages/2"]);
    host.revoke("stats");
    await write(workspace, "notes/pages/3", "Hello");
    await expect.poll(() => told).toEqual(["notes/pages/1", "notes/pages/2", "notes/pages/3"]);
    expect(heard).toEqual(["notes/pages/2"]);
  });

  it("wakes a plugin that waits for it, which then hears what woke it", async () => {
    const { host, workspace } = await rig();
    const heard: string[] = [];
    host.register(
      plugin("stats", { ...ASKS, activation: ["event:data_changed"] }, ({ events }) => {
        events.subscribe("data_changed", ({ path }) => void heard.push(path));
      }),
    );
    await host.start();
    await write(workspace, "notes/pages/1", "not for it");
    await settle();
    expect(stateOf(host, "stats")).toBe("registered");
    host.grant("stats", ASKS.permissions);
    await write(workspace, "notes/pages/2", "Hello");
    await write(workspace, "notes/pages/3", "Hello");
    await expect.poll(() => heard).toEqual(["notes/pages/2", "notes/pages/3"]);
    expect(stateOf(host, "stats")).toBe("active");
  });
});

describe("events", () => {
  it("between host and plugins: own topics are free, others need a grant", async () => {
    const { host } = await rig();
    const heard: unknown[] = [];
    const notes = await activate(host, "notes");
    const stats = await activate(host, "stats", {
      permissions: {
        events: [{ topic: "notes/opened", direction: "subscribe", reason: "To show it." }],
      },
    });
    const listen = (): unknown =>
      stats.context.events.subscribe("notes/opened", (data, { publisher }) => {
        heard.push([publisher, data]);
      });
    expect(listen).toThrow(
      expect.objectContaining({
        code: "access/denied",
        plugin: "stats",
        message: "stats may not subscribe notes/opened.",
      }),
    );
    await expect(stats.context.events.publish("notes/opened", 1)).rejects.toMatchObject({
      code: "access/denied",
    });

    host.grant("stats", stats.plugin.manifest.permissions);
    listen();
    await notes.context.events.publish("notes/opened", { page: 1 });
    await host.events.publish("notes/opened", { page: 2 });
    await expect
      .poll(() => heard)
      .toEqual([
        ["notes", { page: 1 }],
        ["app", { page: 2 }],
      ]);
    host.revoke("stats");
    await notes.context.events.publish("notes/opened", { page: 3 });
    await settle();
    expect(heard).toHaveLength(2);
  });

  it("checks what has a schema, whoever publishes", async () => {
    const { host } = await rig({ topics: { "app/theme": z.enum(["light", "dark"]) } });
    const stats = definePlugin({
      manifest: manifest("stats"),
      topics: { "stats/counted": z.object({ words: z.number() }) },
      activate: () => undefined,
    });
    host.register(stats);
    await expect(host.events.publish("stats/counted", { words: "7" })).rejects.toMatchObject({
      code: "input/invalid",
    });
    await host.events.publish("stats/counted", { words: 7 });
    // @ts-expect-error: the host's own topics are typed
    await expect(host.events.publish("app/theme", "pink")).rejects.toMatchObject({
      code: "input/invalid",
    });
    // @ts-expect-error: nor is it anybody's to publish
    await expect(host.events.publish("data_changed", 1)).rejects.toMatchObject({
      code: "access/denied",
    });
  });

  it("a listener that throws is that plugin's problem; the others hear", async () => {
    const { host, problems } = await rig();
    const heard: string[] = [];
    const notes = await activate(host, "notes");
    const listen = (name: string) => async (): Promise<void> => {
      heard.push(name);
      throw new Error(`${name} cannot`);
    };
    notes.context.events.subscribe("notes/opened", listen("first"));
    notes.context.events.subscribe("notes/opened", listen("second"));
    host.events.subscribe("notes/opened", () => void heard.push("host"));
    await host.events.publish("notes/opened", 1);
    await expect.poll(() => heard.toSorted()).toEqual(["first", "host", "second"]);
    await expect
      .poll(() => problems.map(({ plugin: id, message }) => [id, message]))
      .toEqual([
        ["notes", "notes threw in a listener of notes/opened: first cannot"],
        ["notes", "notes threw in a listener of notes/opened: second cannot"],
      ]);
  });

  it("wake the plugin that waits for the topic, once the host has started", async () => {
    const { host } = await rig();
    const heard: unknown[] = [];
    host.register(
      plugin("stats", { activation: ["event:stats/count"] }, async ({ events }) => {
        await settle();
        events.subscribe("stats/count", (data) => void heard.push(data));
        await settle();
      }),
    );
    await host.events.publish("stats/count", "too early");
    await settle();
    await host.start();
    expect(stateOf(host, "stats")).toBe("registered");
    for (const n of [1, 2, 3]) {
      await host.events.publish("stats/count", n);
      await settle();
    }
    await expect.poll(() => heard).toEqual([1, 2, 3]);
    // Somebody stopped it: events do not bring it back.
    await host.deactivate("stats");
    await host.events.publish("stats/count", 4);
    await settle();
    expect(stateOf(host, "stats")).toBe("inactive");
  });
});

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

const ASKS = {
  permissions: {
    documents: [{ pattern: "notes/pages/*", access: "write", reason: "To count the words." }],
  },
} as const;

type ManifestFields = Partial<Parameters<typeof definePlugin>[0]["manifest"]>;

function manifest(id: string, fields: ManifestFields = {}) {
  return { name: id, version: "1.0.0", engine: "*", ...fields, id };
}

function plugin(
  id: string,
  fields: ManifestFields = {},
  activation: (context: PluginContext) => void | Promise<void> = () => undefined,
): Plugin {
  return definePlugin({ manifest: manifest(id, fields), activate: activation });
}

/** A plugin that writes down when it is activated (`+id`) and deactivated (`-id`). */
function tracked(log: string[], id: string, dependencies: Record<string, string> = {}): Plugin {
  return definePlugin({
    manifest: manifest(id, { dependencies }),
    activate: () => void log.push(`+${id}`),
    deactivate: () => void log.push(`-${id}`),
  });
}

/** Registers and activates a plugin and hands out its context. */
async function activate(
  host: PluginHost,
  id: string,
  fields: ManifestFields = {},
): Promise<{ plugin: Plugin; context: PluginContext }> {
  const contexts: PluginContext[] = [];
  const made = plugin(id, fields, (given) => void contexts.push(given));
  host.register(made);
  await host.activate(id);
  const [context] = contexts;
  if (!context) throw new Error("not activated");
  return { plugin: made, context };
}

/** A host over a workspace on a memory store, with a list of the plugins' replicas. */
async function rig<Topics extends NonNullable<PluginHostOptions["topics"]>>(
  options: Partial<PluginHostOptions<Topics>> = {},
): Promise<{
  host: PluginHost<Topics>;
  workspace: Workspace;
  problems: CroftError[];
  replicas: { plugin: string; disposed: boolean }[];
  log: string[];
}> {
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  const problems: CroftError[] = [];
  const replicas: { plugin: string; disposed: boolean }[] = [];
  const watched: HostedWorkspace = {
    id: workspace.id,
    user: workspace.user,
    events: workspace.events,
    sync: workspace.sync,
    sharedAs: workspace.sharedAs,
    connectPlugin: (id, signal, options) => workspace.connectPlugin(id, signal, options),
    gate: workspace.gate,
    openDocuments: workspace.openDocuments,
    onChanged: (listener) => workspace.onChanged(listener),
    createPluginReplica(id, options) {
      const replica = workspace.createPluginReplica(id, options);
      const entry = { plugin: id, disposed: false };
      replicas.push(entry);
      return {
        open: (path) => replica.open(path),
        delete: (path, options) => replica.delete(path, options),
        undelete: (path) => replica.undelete(path),
        history: (path) => replica.history(path),
        listing: (prefix) => replica.listing(prefix),
        onChanged: (listener) => replica.onChanged(listener),
        events: replica.events,
        session: replica.session,
        usage: replica.usage,
        async dispose() {
          await replica.dispose();
          entry.disposed = true;
        },
      };
    },
  };
  const host = createPluginHost<Topics>({
    onProblem: (problem) => problems.push(problem),
    ...options,
    workspace: watched,
  });
  opened.push({ host, workspace });
  return { host, workspace, problems, replicas, log: [] };
}

async function write(workspace: Workspace, path: string, body: string): Promise<DocumentHandle> {
  const handle = workspace.open(path);
  await handle.ready;
  handle.doc.getText("body").insert(0, body);
  await handle.saved("device");
  return handle;
}

function text(handle: DocumentHandle): string {
  return handle.doc.getText("body").toString();
}

async function textOf(workspace: Workspace, path: string): Promise<string> {
  const handle = workspace.open(path);
  await handle.ready;
  return text(handle);
}

function stateOf(host: Pick<PluginHost, "list">, id: string): string | undefined {
  return host.list().find((status) => status.id === id)?.state.name;
}

/** Lets everything happen that is due now. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
