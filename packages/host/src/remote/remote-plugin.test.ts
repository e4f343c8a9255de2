/** A plugin at the other end of a port, served as in a sandbox: here in the same process, over real ports. */

import {
  createMemoryStore,
  createMessagePortChannel,
  type CroftError,
  openWorkspace,
  systemClock,
  type Workspace,
} from "@croft/core";
import { definePlugin, parseManifest, type PluginManifestInput } from "@croft/plugin";
import { createAdmission, sealForPlugin, servePlugin } from "@croft/plugin/remote";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { createPluginHost, type LogEntry, type PluginHost } from "../plugin-host.ts";
import type { RealmGroup, RealmMember } from "./realm-group.ts";
import { createRemotePlugin, type RemotePluginOptions } from "./remote-plugin.ts";

const PAGE = "notes/pages/1";
const MANIFEST = {
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "*",
  permissions: {
    documents: [{ pattern: "notes/pages/*", access: "read", reason: "To count." }],
    events: [
      { topic: "notes/opened", direction: "subscribe", reason: "To hear." },
      { topic: "notes/ask", direction: "publish", reason: "To ask." },
    ],
  },
} as const satisfies PluginManifestInput;

let workspace: Workspace;
let host: PluginHost;
let problems: CroftError[];
let logged: LogEntry[];
/** The plugin's end of each port that was opened. */
let ports: MessagePort[];
let open = 0;

beforeEach(async () => {
  problems = [];
  logged = [];
  ports = [];
  open = 0;
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  host = createPluginHost({
    workspace,
    deadlines: { activate: 2_000, deactivate: 300 },
    onProblem: (problem) => problems.push(problem),
    onLog: (entry) => logged.push(entry),
  });
});
afterEach(async () => {
  await host.dispose();
  await workspace.dispose();
  if (open !== 0) throw new Error(`${open} realms are still open`);
});

type Definition = Omit<Parameters<typeof definePlugin>[0], "manifest">;

/** Registers a plugin that is served at the other end of a port. */
function register(definition: Definition, serve: typeof servePlugin = servePlugin): void {
  const plugin = definePlugin({ ...definition, manifest: MANIFEST });
  registerServed((port, admission) => serve(plugin, port, admission));
}

function registerServed(
  serve: (port: MessagePort, admission: ArrayBuffer) => void,
  {
    before,
    ...more
  }: Pick<RemotePluginOptions, "group" | "heartbeat"> & {
    /** No realm is there before. */
    readonly before?: Promise<void>;
  } = {},
): void {
  const openRealm = async (admission = new ArrayBuffer(0)) => {
    await before;
    const { port1, port2 } = new MessageChannel();
    ports.push(port2);
    open++;
    serve(port2, admission);
    return {
      port: port1,
      close: () => {
        open--;
        port2.close();
      },
    };
  };
  const plugin = createRemotePlugin({
    manifest: parseManifest(MANIFEST),
    workspace,
    host,
    openRealm,
    ...more,
    // Time stands still for what is counted by it.
    clock: { ...systemClock, now: () => 0 },
  });
  host.register(plugin);
}

async function write(path: string, text: string): Promise<void> {
  const handle = workspace.open(path);
  await handle.ready;
  handle.doc.getText("body").insert(0, text);
  await handle.saved("device");
  handle.close();
}

async function read(path: string): Promise<string> {
  const handle = workspace.open(path);
  await handle.ready;
  const text = handle.doc.getText("body").toString();
  handle.close();
  return text;
}

describe("documents", () => {
  it("are its own to write, and those of others as far as it was granted", async () => {
    await write(PAGE, "three short words");
    register({
      async activate({ documents }) {
        const [page, own] = [documents.open(PAGE), documents.open(documents.own("summary"))];
        await Promise.all([page.ready, own.ready]);
        const seen = `${page.state.access}: ${page.doc.getText("body").toString()}`;
        own.doc.getText("body").insert(0, seen);
        page.doc.getText("body").insert(0, "written by the plugin ");
        await expect(page.saved("device")).rejects.toMatchObject({ code: "access/denied" });
      },
    });
    await host.activate("stats");
    await host.deactivate("stats");
    expect(await read("stats/summary")).toBe("none: ");
    host.grant("stats", MANIFEST.permissions);
    await host.activate("stats");
    await host.deactivate("stats");
    expect(await read("stats/summary")).toContain("read: three short words");
    expect(await read(PAGE)).toBe("three short words");
  });

  it("are stamped with the plugin, whatever it says who it is", async () => {
    const authors: string[] = [];
    workspace.onChanged(({ author }) => authors.push(author));
    register({
      async activate({ documents }) {
        const own = documents.open(documents.own("summary"));
        await own.ready;
        own.doc.getText("body").insert(0, "mine");
        await own.saved("device");
      },
    });
    await host.activate("stats");
    expect(authors).toEqual(["ada/stats@1.0.0"]);
  });

  it("that it writes last are saved when it is deactivated", async () => {
    register({
      activate: () => undefined,
      async deactivate({ documents }) {
        const own = documents.open(documents.own("summary"));
        await own.ready;
        own.doc.getText("body").insert(0, "last words");
      },
    });
    await host.activate("stats");
    await host.deactivate("stats");
    expect(await read("stats/summary")).toBe("last words");
    expect(problems).toEqual([]);
  });
});

describe("events", () => {
  it("are heard and published as far as they were granted, and what is not is told at once", async () => {
    const heard: unknown[] = [];
    const refused: unknown[] = [];
    register({
      topics: { "stats/counted": z.object({ words: z.number() }) },
      async activate({ events }) {
        events.subscribe("stats/counted", (data) => void heard.push(data));
        try {
          events.subscribe("notes/opened", (data, { publisher }) => {
            heard.push([publisher, data]);
          });
        } catch (error) {
          refused.push(error);
        }
        await events.publish("notes/ask", { at: 1 }).catch((error: unknown) => refused.push(error));
        await events
          .publish("stats/counted", { words: "many" })
          .catch((error: unknown) => refused.push(error));
      },
    });
    const asked: unknown[] = [];
    host.events.subscribe("notes/ask", (data) => void asked.push(data));
    await host.activate("stats");
    expect(refused).toMatchObject([
      { code: "access/denied", message: "stats may not subscribe notes/opened." },
      { code: "access/denied" },
      { code: "input/invalid" },
    ]);
    await host.deactivate("stats");
    host.grant("stats", MANIFEST.permissions);
    refused.length = 0;
    await host.activate("stats");
    expect(refused).toMatchObject([{ code: "input/invalid" }]);
    await expect.poll(() => asked).toEqual([{ at: 1 }]);
    await host.events.publish("notes/opened", { path: PAGE });
    await host.events.publish("stats/counted", { words: 3 });
    await expect.poll(() => heard).toEqual([["app", { path: PAGE }], { words: 3 }]);
    // What others publish to its topics is checked where the schema is.
    await host.events.publish("stats/counted", { words: "many" });
    await expect
      .poll(() => logged.map(({ message }) => message))
      .toEqual([expect.stringContaining("threw away an event of stats/counted from app")]);
    host.revoke("stats");
    await host.events.publish("notes/opened", "not heard");
    await host.events.publish("stats/counted", { words: 4 });
    await expect.poll(() => heard.at(-1)).toEqual({ words: 4 });
    expect(heard).toHaveLength(3);
  });

  it("that are not plain are refused at either end, rather than arriving as something else", async () => {
    const refused: unknown[] = [];
    register({
      async activate({ events }) {
        for (const data of [new Date(0), new Map(), { at: new Date(0) }, () => undefined]) {
          await events.publish("stats/x", data).catch((error: unknown) => refused.push(error));
        }
        await events.publish("stats/x", { bytes: Uint8Array.of(1), none: undefined, list: [null] });
      },
    });
    const heard: unknown[] = [];
    host.events.subscribe("stats/x", (data) => void heard.push(data));
    await host.activate("stats");
    expect(refused).toMatchObject(Array(4).fill({ code: "input/invalid" }));
    await expect.poll(() => heard).toEqual([{ bytes: Uint8Array.of(1), list: [null] }]);
    await expect(host.events.publish("stats/x", new Date(0))).rejects.toMatchObject({
      code: "input/invalid",
    });
  });

  it("of documents that it may read reach it, and end with it", async () => {
    const heard: unknown[] = [];
    register({
      activate({ events }) {
        const stop = events.subscribe("data_changed", ({ path }) => void heard.push(path));
        events.subscribe("data_changed", ({ path }) => {
          heard.push(`again ${path}`);
          stop();
        });
      },
    });
    host.grant("stats", MANIFEST.permissions);
    await host.activate("stats");
    await write(PAGE, "one");
    await expect.poll(() => heard).toEqual([PAGE, `again ${PAGE}`]);
    await write(PAGE, "two");
    await expect.poll(() => heard).toEqual([PAGE, `again ${PAGE}`, `again ${PAGE}`]);
    await host.deactivate("stats");
    await write(PAGE, "three");
    expect(heard).toHaveLength(3);
  });

  it("are heard by the others when a listener throws, and that is told", async () => {
    const heard: unknown[] = [];
    register({
      activate({ events, log }) {
        events.subscribe("stats/x", () => {
          throw new Error("no luck");
        });
        events.subscribe("stats/x", async () => {
          throw new Error("later");
        });
        events.subscribe("stats/x", (data) => void heard.push(data));
        log.info("listens", { to: new Error("as text") });
      },
    });
    await host.activate("stats");
    await host.events.publish("stats/x", 1);
    await expect.poll(() => heard).toEqual([1]);
    await expect
      .poll(() => logged.map(({ message }) => message))
      .toEqual([
        "listens",
        "threw in a listener of stats/x: no luck",
        "threw in a listener of stats/x: later",
      ]);
  });
});

describe("its life", () => {
  it("fails with what it threw, and leaves nothing", async () => {
    register({
      activate() {
        throw new Error("no luck");
      },
    });
    await expect(host.activate("stats")).rejects.toMatchObject({
      code: "plugin/failed",
      message: "stats threw in `activate`: no luck",
    });
    expect(open).toBe(0);
  });

  it("is ended by force when it does not end by itself", async () => {
    register({
      activate: () => undefined,
      deactivate: () => new Promise(() => undefined),
    });
    await host.activate("stats");
    await host.deactivate("stats");
    expect(open).toBe(0);
    expect(problems).toMatchObject([{ message: "stats did not deactivate within 0.3 s." }]);
  });

  it("that never begins is given up", async () => {
    registerServed(() => undefined);
    const activating = host.activate("stats");
    await host.deactivate("stats");
    await expect(activating).rejects.toMatchObject({ code: "plugin/failed" });
    expect(open).toBe(0);
  });

  it("that was given up while its realm was opened is not waited for, and its realm is closed", async () => {
    const opened = Promise.withResolvers<void>();
    const members = new Set<RealmMember>();
    const group: RealmGroup = {
      join(member) {
        members.add(member);
        return () => members.delete(member);
      },
      giveUp: () => undefined,
    };
    const plugin = definePlugin({ manifest: MANIFEST, activate: () => undefined });
    registerServed((port, admission) => servePlugin(plugin, port, admission), {
      group,
      heartbeat: true,
      before: opened.promise,
    });
    const activating = host.activate("stats");
    await expect.poll(() => members.size).toBe(1);
    await host.deactivate("stats");
    await expect(activating).rejects.toMatchObject({ code: "plugin/failed" });
    expect(members.size).toBe(0);
    opened.resolve();
    await expect.poll(() => ports.length).toBe(1);
    await expect.poll(() => open).toBe(0);
    expect(members.size).toBe(0);
    // It can begin again, and is a member for as long as it is active.
    await host.activate("stats");
    expect([members.size, open]).toEqual([1, 1]);
    await host.deactivate("stats");
    expect([members.size, open]).toEqual([0, 0]);
  });

  it("that ends by itself is a crash: its realm is closed, and it is started again", async () => {
    register({ activate: () => undefined });
    await host.activate("stats");
    expect(open).toBe(1);
    ports[0]?.close();
    await expect.poll(() => host.list()[0]?.state.name).toBe("crashed");
    expect(open).toBe(0);
    expect(problems).toMatchObject([{ code: "plugin/crashed", plugin: "stats" }]);
    await expect.poll(() => host.list()[0]?.state.name, { timeout: 10_000 }).toBe("active");
    expect([ports.length, open]).toEqual([2, 1]);
  });

  it("that the plugin itself says to be over is a crash, with its reason and what it did last", async () => {
    register({
      async activate(context) {
        const { documents, events } = context;
        events.subscribe("stats/x", async () => {
          const own = documents.open("stats/summary");
          own.doc.getText("body").insert(0, "last words");
          await own.saved("device");
          context.crashed(new Error("cannot go on"));
        });
      },
    });
    await host.activate("stats");
    await host.events.publish("stats/x", 1);
    await expect
      .poll(() => host.list()[0]?.state)
      .toMatchObject({
        name: "crashed",
        error: { message: "stats crashed: cannot go on" },
        report: {
          kind: "crash",
          mishaps: [
            { reason: "stats crashed: cannot go on", last: { what: "changed stats/summary" } },
          ],
        },
      });
    await host.deactivate("stats");
    expect(open).toBe(0);
  });

  it("can begin again after it ended", async () => {
    let times = 0;
    register({ activate: () => void times++ });
    for (let time = 0; time < 3; time++) {
      await host.activate("stats");
      await host.deactivate("stats");
    }
    expect([times, ports.length, open]).toEqual([3, 3, 0]);
  });
});

describe("a plugin that speaks otherwise than it should", () => {
  it.each<[string, unknown]>([
    ["no message", "hello"],
    ["nothing of a handshake", new ArrayBuffer(0)],
    ["frames that are not sealed", Uint8Array.of(0, 127).buffer],
  ])("is ended: %s", async (_what, message) => {
    registerServed((port) => port.postMessage(message));
    await expect(host.activate("stats")).rejects.toMatchObject({ code: "plugin/failed" });
    expect(open).toBe(0);
  });

  it.each<[string, Uint8Array]>([
    ["a frame of no kind", Uint8Array.of(9, 1)],
    ["an empty frame", new Uint8Array()],
    ["a call that is none", Uint8Array.of(0, 119, 1, 97)],
    ["a call that is cut", Uint8Array.of(0, 118, 9)],
    ["a value nested 100,000 deep", nested(100_000)],
    ["a stream twice", Uint8Array.of(2, 1)],
  ])("in frames that it sealed is ended: %s", async (_what, frame) => {
    registerServed((port, admission) => {
      const channel = sealForPlugin(createMessagePortChannel(port), admission);
      channel.send(frame);
      channel.send(frame);
    });
    await expect(host.activate("stats")).rejects.toMatchObject({ code: "plugin/failed" });
    expect(open).toBe(0);
    await write(PAGE, "the host goes on");
  });

  it("is ended when it opens more streams than it needs", async () => {
    registerServed((port, admission) => {
      const channel = sealForPlugin(createMessagePortChannel(port), admission);
      for (let id = 1; id < 20; id++) channel.send(Uint8Array.of(2, id));
    });
    await expect(host.activate("stats")).rejects.toMatchObject({ code: "plugin/failed" });
    expectReason("what came cannot be read");
  });

  it("is ended when more comes of it than anybody needs, and what came before was heard", async () => {
    register({
      activate({ log }) {
        for (let n = 0; n < 10_000; n++) log.info(`line ${n}`);
      },
    });
    await expect(host.activate("stats")).rejects.toMatchObject({ code: "plugin/failed" });
    expectReason("it sends more than anybody can take");
    expect(logged.length).toBeGreaterThan(2_000);
    expect(logged.length).toBeLessThanOrEqual(2_500);
    expect(open).toBe(0);
  });

  it.each(["another plugin", "another activation of it"])(
    "with what %s was admitted by is not answered",
    async (whose) => {
      const foreign = await createAdmission(whose === "another plugin" ? "other" : "stats");
      let activated = false;
      register({ activate: () => void (activated = true) }, (plugin, port) =>
        servePlugin(plugin, port, foreign.handover),
      );
      await expect(host.activate("stats")).rejects.toMatchObject({ code: "plugin/failed" });
      expectReason("it does not prove its capability");
      expect([activated, open]).toEqual([false, 0]);
    },
  );

  it("and wants nothing sealed is not answered", async () => {
    let activated = false;
    register({ activate: () => void (activated = true) }, (plugin, port) => {
      servePlugin(plugin, port);
      port.postMessage(Uint8Array.of(2, 1).buffer);
    });
    await expect(host.activate("stats")).rejects.toMatchObject({ code: "plugin/failed" });
    expect([activated, open]).toEqual([false, 0]);
  });
});

function expectReason(reason: string): void {
  expect(problems).toMatchObject([
    { message: expect.stringContaining(`stats died in \`activate\`: ${reason}`) },
  ]);
}

function nested(depth: number): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * depth);
  for (let at = 1; at < bytes.length; at += 2) bytes.set([117, 1], at);
  return bytes;
}
